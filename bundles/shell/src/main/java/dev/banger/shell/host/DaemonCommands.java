// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.host;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.host.Daemon;
import dev.banger.shell.output.Output;
import dev.banger.wire.Json;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Contributes {@code daemon}. */
@Component
public final class DaemonCommands implements CommandContributor {
  private final Daemon daemon;
  private final Json json;

  @Activate
  public DaemonCommands(@Reference Daemon daemon, @Reference Json json) {
    this.daemon = daemon;
    this.json = json;
  }

  @Override
  public String name() {
    return "daemon";
  }

  @Override
  public Object command(Console console) {
    return new DaemonCommandGroup(daemon, new Output(console, json));
  }
}
