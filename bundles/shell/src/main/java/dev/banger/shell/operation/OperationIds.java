// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.operation;

import dev.banger.operation.Operation;
import dev.banger.operation.OperationService;
import dev.banger.operation.OperationStatus.State;
import dev.banger.operation.OperationSummary;
import dev.banger.shell.output.Output;
import java.util.List;

/** The operations that commands list and complete: all but the command itself. */
final class OperationIds {
  private final OperationService operations;
  private final Output output;

  OperationIds(OperationService operations, Output output) {
    this.operations = operations;
    this.output = output;
  }

  List<OperationSummary> list() {
    Operation own = output.operation();
    return operations.list().stream()
        .filter(each -> each.background() || !each.id().equals(own.id()))
        .toList();
  }

  List<String> all() {
    return list().stream().map(OperationSummary::id).toList();
  }

  List<String> running() {
    return list().stream()
        .filter(each -> each.state() == State.RUNNING)
        .map(OperationSummary::id)
        .toList();
  }
}
