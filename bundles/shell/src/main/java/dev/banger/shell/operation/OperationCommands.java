// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.operation;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.operation.OperationService;
import dev.banger.shell.SteadyServices;
import dev.banger.shell.output.Output;
import dev.banger.wire.Json;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Contributes {@code operation}. */
@Component
public final class OperationCommands implements CommandContributor {
  private final OperationService operations;
  private final Json json;

  @Activate
  public OperationCommands(
      @Reference OperationService operations, @Reference SteadyServices services) {
    this.operations = operations;
    this.json = services.json();
  }

  @Override
  public String name() {
    return "operation";
  }

  @Override
  public Object command(Console console) {
    return new OperationCommandGroup(operations, new Output(console, json));
  }
}
