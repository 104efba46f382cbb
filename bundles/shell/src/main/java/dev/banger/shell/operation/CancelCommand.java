// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.operation;

import dev.banger.operation.OperationService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Output;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "cancel",
    description = {
      "Tell an operation to stop, whoever began it. It undoes what it has done so far; 'banger"
          + " operation wait' tells when it has. Prints its id."
    },
    footerHeading = "%nExamples:%n",
    footer = "  banger operation cancel op-3f9c2a7d11")
final class CancelCommand implements Callable<Integer>, CompletesNames {
  private final OperationService operations;
  private final OperationIds ids;
  private final Output output;

  @Parameters(paramLabel = "<operation>", description = "The operation's id: op-….")
  private String id;

  CancelCommand(OperationService operations, OperationIds ids, Output output) {
    this.operations = operations;
    this.ids = ids;
    this.output = output;
  }

  @Override
  public Integer call() {
    operations.cancel(id, output.operation());
    output.line(id);
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return ids.running();
  }
}
