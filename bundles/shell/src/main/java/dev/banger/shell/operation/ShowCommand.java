// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.operation;

import dev.banger.operation.OperationService;
import dev.banger.operation.OperationStatus;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Details;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Table;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "show",
    sortOptions = false,
    description = "Show where an operation stands, what it did so far and how it ended.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger operation show op-3f9c2a7d11",
      "  banger operation show op-3f9c2a7d11 --json | jq .result"
    })
final class ShowCommand implements Callable<Integer>, CompletesNames {
  private final OperationService operations;
  private final OperationIds ids;
  private final Output output;

  @Parameters(paramLabel = "<operation>", description = "The operation's id: op-….")
  private String id;

  @Option(names = "--json", description = "Print the record, with the result, as JSON.")
  private boolean json;

  ShowCommand(OperationService operations, OperationIds ids, Output output) {
    this.operations = operations;
    this.ids = ids;
    this.output = output;
  }

  @Override
  public Integer call() {
    OperationStatus operation = operations.status(id);
    if (json) {
      output.json(operation);
      return 0;
    }
    Details details =
        new Details()
            .add("id", operation.id())
            .add("method", operation.method())
            .add("state", operation.state().name().toLowerCase(Locale.ROOT))
            .add("started", operation.startedAt())
            .add("ended", operation.endedAt());
    if (operation.error() != null) {
      details
          .add("error", operation.error().message())
          .add("code", operation.error().code().wireName());
    }
    output.print(details.text());
    if (!operation.stages().isEmpty()) {
      Table table = new Table("AT", "STAGE", "DOING");
      operation.stages().forEach(each -> table.row(each.at(), each.name(), each.message()));
      output.line("");
      output.table(table);
    }
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return ids.all();
  }
}
