// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.operation;

import dev.banger.error.BangerException;
import dev.banger.operation.OperationService;
import dev.banger.operation.OperationStatus;
import dev.banger.operation.OperationStatus.State;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "wait",
    sortOptions = false,
    description = {
      "Show the progress of an operation until it ends, then print what it came to: the name of a"
          + " VM that was created, say. Ends with status 0 when it is done, 1 when it failed or was"
          + " cancelled.",
      "Ctrl-C ends the waiting, not the operation."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger operation wait op-3f9c2a7d11",
      "  banger operation wait \"$(banger vm create --name web --background)\""
    })
final class WaitCommand implements Callable<Integer>, CompletesNames {
  private final OperationService operations;
  private final OperationIds ids;
  private final Output output;

  @Parameters(paramLabel = "<operation>", description = "The operation's id: op-….")
  private String id;

  @Option(names = "--json", description = "Print the whole result as JSON.")
  private boolean json;

  WaitCommand(OperationService operations, OperationIds ids, Output output) {
    this.operations = operations;
    this.ids = ids;
    this.output = output;
  }

  @Override
  public Integer call() {
    OperationStatus ended;
    try (ProgressDisplay progress = output.progress()) {
      ended = operations.await(id, output.operation().reportingTo(progress));
    }
    if (ended.state() != State.DONE) {
      throw failure(ended);
    }
    tell(ended);
    return 0;
  }

  private static BangerException failure(OperationStatus ended) {
    return new BangerException(
        ended.error().code(), ended.error().message() + " (of " + ended.id() + ")");
  }

  private void tell(OperationStatus ended) {
    if (ended.resultDropped()) {
      output.note("it is done; what it came to was too large to be kept");
    } else if (!json && ended.result() instanceof Map<?, ?> record && named(record)) {
      output.line((String) record.get("name"));
    } else if (json || ended.result() != null) {
      output.json(ended.result());
    }
  }

  private static boolean named(Map<?, ?> record) {
    return record.get("name") instanceof String;
  }

  @Override
  public List<String> names(String paramLabel) {
    return ids.running();
  }
}
