// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.operation;

import dev.banger.operation.OperationSummary;
import dev.banger.shell.output.Ages;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Table;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "list",
    aliases = "ls",
    sortOptions = false,
    description = {
      "List operations that run, and before them those that ran in the background and have ended"
          + " within the last hour (the latest 100)."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger operation list",
      "  banger operation list --json | jq -r '.[] | select(.state == \"failed\") | .id'"
    })
final class ListCommand implements Callable<Integer> {
  private final OperationIds operations;
  private final Output output;
  private final InstantSource clock;

  @Option(names = "--json", description = "Print an array of records as JSON.")
  private boolean json;

  ListCommand(OperationIds operations, Output output, InstantSource clock) {
    this.operations = operations;
    this.output = output;
    this.clock = clock;
  }

  @Override
  public Integer call() {
    List<OperationSummary> all = operations.list();
    if (json) {
      output.json(all);
      return 0;
    }
    Instant now = clock.instant();
    Table table = new Table("ID", "METHOD", "STATE", "STARTED", "DOING");
    all.forEach(
        each ->
            table.row(
                each.id(),
                each.method(),
                each.state().name().toLowerCase(Locale.ROOT),
                Ages.ago(each.startedAt(), now),
                each.endedAt() == null ? each.message() : null));
    output.table(table);
    return 0;
  }
}
