// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.kernel;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.kernel.KernelService;
import dev.banger.shell.SteadyServices;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.output.Output;
import dev.banger.wire.Json;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Contributes {@code kernel}. */
@Component
public final class KernelCommands implements CommandContributor {
  private final KernelService kernels;
  private final FirstUse firstUse;
  private final Json json;

  @Activate
  public KernelCommands(@Reference SteadyServices services, @Reference FirstUse firstUse) {
    this.kernels = services.kernels();
    this.firstUse = firstUse;
    this.json = services.json();
  }

  @Override
  public String name() {
    return "kernel";
  }

  @Override
  public Object command(Console console) {
    return new KernelCommandGroup(kernels, firstUse, new Output(console, json));
  }
}
