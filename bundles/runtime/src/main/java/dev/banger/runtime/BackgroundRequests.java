// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.operation.OperationService;
import dev.banger.operation.OperationStatus;
import dev.banger.operation.OperationSummary;
import dev.banger.wire.FrameOutput;
import dev.banger.wire.Json;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Serves requests whose callers do not wait: each goes on when its caller has left. */
final class BackgroundRequests implements OperationService {
  /** Of a result's characters; with those that are kept, a bound on what they take. */
  static final int RESULT_LIMIT = 256 << 10;

  private static final Logger LOG = LoggerFactory.getLogger(BackgroundRequests.class);

  private final Map<String, Method<?>> methods;
  private final Operations operations;
  private final Json json;
  private final Executor executor;

  BackgroundRequests(
      Map<String, Method<?>> methods, Operations operations, Json json, Executor executor) {
    this.methods = methods;
    this.operations = operations;
    this.json = json;
    this.executor = executor;
  }

  @Override
  public void begin(String name, Map<String, ?> parameters, Operation asking) {
    Method.Request request = detachable(name).request(parameters, json);
    OperationTrace trace = operations.trace(name);
    Operations.Running running =
        operations.enterBackground(Operation.of(asking.id(), trace), trace);
    try {
      executor.execute(() -> serve(name, request, trace, running));
    } catch (RejectedExecutionException e) {
      running.withdraw();
      throw new BangerException(
          ErrorCode.UPDATING, "the daemon is being stopped or updated; try again", e);
    }
  }

  @Override
  public List<OperationSummary> list() {
    return operations.list();
  }

  @Override
  public OperationStatus status(String id) {
    return operations.status(id);
  }

  @Override
  public void cancel(String id, Operation asking) {
    operations.cancel(id, "cancelled by " + asking.id());
  }

  @Override
  public OperationStatus await(String id, Operation waiting) {
    return operations.await(id, waiting);
  }

  private Method<?> detachable(String name) {
    Method<?> method = methods.get(name);
    if (method == null) {
      throw new BangerException(
          ErrorCode.UNKNOWN_METHOD, "this daemon has no method of the name given in 'method'");
    }
    if (method.attached()) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, "'" + name + "' needs its caller; call it by itself");
    }
    return method;
  }

  private void serve(
      String name, Method.Request request, OperationTrace trace, Operations.Running running) {
    try (running;
        MDC.MDCCloseable ignored = MDC.putCloseable("op_id", running.operation().id())) {
      try {
        Object result = request.serve(new Method.Call(running.operation(), nobody()));
        trace.done(kept(result));
        LOG.info("Request {} in the background: done", name);
      } catch (Throwable e) { // Errors too: whoever asks for the status must learn of the end
        boolean cancelled =
            e instanceof BangerException known && known.code() == ErrorCode.CANCELLED;
        trace.failed(cancelled, Failures.of(e));
        log(name, e);
      }
    }
  }

  private static void log(String name, Throwable failure) {
    if (failure instanceof BangerException known) {
      LOG.info(
          "Request {} in the background: {}: {}",
          name,
          known.code().wireName(),
          known.getMessage());
    } else {
      LOG.error("Request {} in the background failed unexpectedly", name, failure);
    }
  }

  private KeptResult kept(Object result) {
    String text = result == null ? "null" : json.write(result);
    return text.length() <= RESULT_LIMIT ? new KeptResult(text, json) : null;
  }

  private static ClientChannel nobody() {
    return new ClientChannel(new FrameOutput(OutputStream.nullOutputStream()));
  }
}
