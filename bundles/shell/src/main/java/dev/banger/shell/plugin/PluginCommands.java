// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.plugin;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.plugin.PluginService;
import dev.banger.shell.SteadyServices;
import dev.banger.shell.output.Output;
import dev.banger.wire.Json;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Contributes {@code plugin}. */
@Component
public final class PluginCommands implements CommandContributor {
  private final PluginService plugins;
  private final Json json;

  @Activate
  public PluginCommands(@Reference PluginService plugins, @Reference SteadyServices services) {
    this.plugins = plugins;
    this.json = services.json();
  }

  @Override
  public String name() {
    return "plugin";
  }

  @Override
  public Object command(Console console) {
    return new PluginCommandGroup(plugins, new Output(console, json));
  }
}
