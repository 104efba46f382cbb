// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.operation.OperationService;
import dev.banger.operation.OperationStatus;
import dev.banger.operation.OperationStatus.Failure;
import dev.banger.operation.OperationStatus.Stage;
import dev.banger.operation.OperationStatus.State;
import dev.banger.operation.OperationSummary;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Operations that stand where the test says. */
public final class FakeOperations implements OperationService {
  public static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

  public final List<String> calls = new ArrayList<>();
  public OperationStatus known;
  public final List<OperationSummary> listed = new ArrayList<>();
  public Map<String, ?> parameters;
  public RuntimeException failure;
  public Runnable onAwait = () -> {};

  /** An operation that began and reported these stages. */
  public static OperationStatus operation(
      State state, Object result, Failure error, String... stages) {
    List<Stage> entered = new ArrayList<>();
    for (String stage : stages) {
      entered.add(new Stage(stage, stage + " goes on", START.plusSeconds(entered.size())));
    }
    return new OperationStatus(
        "op-1",
        "vm.create",
        state,
        START,
        state == State.RUNNING ? null : START.plusSeconds(9),
        null,
        null,
        entered,
        result,
        false,
        error);
  }

  /** Lists an operation. */
  public void list(String id, State state, boolean background) {
    listed.add(
        new OperationSummary(
            id, "vm.create", state, background, START, null, "boot", "booting", false));
  }

  private void called(String call, Operation operation) {
    calls.add(call);
    operation.check();
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void begin(String method, Map<String, ?> given, Operation operation) {
    parameters = given;
    called("begin " + method + " " + operation.id(), operation);
  }

  @Override
  public List<OperationSummary> list() {
    calls.add("list");
    return List.copyOf(listed);
  }

  @Override
  public OperationStatus status(String id) {
    calls.add("status " + id);
    if (known == null) {
      throw new BangerException(ErrorCode.NOT_FOUND, "no operation " + id + " is known");
    }
    return known;
  }

  @Override
  public void cancel(String id, Operation operation) {
    called("cancel " + id, operation);
  }

  @Override
  public OperationStatus await(String id, Operation operation) {
    called("await " + id, operation);
    onAwait.run();
    operation.check();
    if (known == null) {
      throw new BangerException(ErrorCode.NOT_FOUND, "no operation " + id + " is known");
    }
    known.stages().forEach(each -> operation.progress().stage(each.name(), each.message()));
    return known;
  }
}
