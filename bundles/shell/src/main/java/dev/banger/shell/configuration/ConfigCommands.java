// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.configuration;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.configuration.ConfigurationService;
import dev.banger.shell.SteadyServices;
import dev.banger.shell.output.Output;
import dev.banger.wire.Json;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Contributes {@code config}. */
@Component
public final class ConfigCommands implements CommandContributor {
  private final ConfigurationService configuration;
  private final Json json;

  @Activate
  public ConfigCommands(
      @Reference ConfigurationService configuration, @Reference SteadyServices services) {
    this.configuration = configuration;
    this.json = services.json();
  }

  @Override
  public String name() {
    return "config";
  }

  @Override
  public Object command(Console console) {
    return new ConfigCommandGroup(configuration, new Output(console, json));
  }
}
