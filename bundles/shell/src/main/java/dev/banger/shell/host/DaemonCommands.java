// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.host;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.host.Daemon;
import dev.banger.shell.SteadyServices;
import dev.banger.shell.output.Output;
import dev.banger.store.StoreRepair;
import dev.banger.wire.Json;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/** Contributes {@code daemon}. */
@Component
public final class DaemonCommands implements CommandContributor {
  private final Daemon daemon;
  private final Json json;

  // The daemon can be looked at and stopped without a store, too.
  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile StoreRepair store;

  @Activate
  public DaemonCommands(@Reference Daemon daemon, @Reference SteadyServices services) {
    this.daemon = daemon;
    this.json = services.json();
  }

  /** Commands with a store to repair. */
  public DaemonCommands(Daemon daemon, SteadyServices services, StoreRepair store) {
    this(daemon, services);
    this.store = store;
  }

  @Override
  public String name() {
    return "daemon";
  }

  @Override
  public Object command(Console console) {
    return new DaemonCommandGroup(daemon, store, new Output(console, json));
  }
}
