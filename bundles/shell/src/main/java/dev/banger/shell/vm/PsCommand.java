// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.shell.SteadyServices;
import dev.banger.shell.output.Output;
import dev.banger.vm.VmService;
import dev.banger.wire.Json;
import java.time.InstantSource;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Contributes {@code ps}, which is {@code vm list}. */
@Component
public final class PsCommand implements CommandContributor {
  private final VmService vms;
  private final Json json;

  @Activate
  public PsCommand(@Reference SteadyServices services) {
    this.vms = services.vms();
    this.json = services.json();
  }

  @Override
  public String name() {
    return "ps";
  }

  @Override
  public Object command(Console console) {
    return new ListCommand(vms, new Output(console, json), InstantSource.system());
  }
}
