// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.operation.OperationStatus;
import dev.banger.wire.FrameOutput;
import dev.banger.wire.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Takes one request from its bytes to its one answer. Whatever happens on the way, there is an
 * answer, and a log record that says how it ended.
 */
final class Dispatcher {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);
  private static final Set<String> ENVELOPE = Set.of("version", "method", "params", "op_id");

  private final Map<String, Method<?>> methods;
  private final Operations operations;
  private final Json json;
  private final Executor executor;

  Dispatcher(Map<String, Method<?>> methods, Operations operations, Json json, Executor executor) {
    this.methods = methods;
    this.operations = operations;
    this.json = json;
    this.executor = executor;
  }

  /** The last frame of a connection. */
  record Answer(int type, byte[] payload) {}

  /** Tells the connection of the operation that it can cancel. */
  @FunctionalInterface
  interface Started extends Consumer<Operation> {}

  /**
   * Serves a request.
   *
   * @param started called with the operation before any work is done
   * @return the answer, not yet sent; what was sent before is complete
   */
  Answer serve(byte[] request, FrameOutput frames, ClientChannel client, Started started) {
    long start = System.nanoTime();
    Envelope envelope = new Envelope();
    Throwable failure = null;
    try (MDC.MDCCloseable ignored = MDC.putCloseable("op_id", envelope.opId)) {
      Object result = null;
      try {
        envelope.read(request);
        MDC.put("op_id", envelope.opId);
        result = run(envelope, frames, client, started);
      } catch (Throwable e) { // Errors too: a request must not take its thread down unanswered
        failure = e;
      }
      Answer answer = answer(envelope.opId, result, failure);
      long millis = (System.nanoTime() - start) / 1_000_000;
      LOG.info("Request {} took {} ms: {}", envelope.method, millis, outcome(failure));
      return answer;
    }
  }

  private Object run(Envelope envelope, FrameOutput frames, ClientChannel client, Started started)
      throws IOException {
    Method<?> method = methods.get(envelope.method);
    if (method == null) {
      throw new BangerException(
          ErrorCode.UNKNOWN_METHOD,
          "this daemon has no method '" + abbreviated(envelope.method) + "'");
    }
    OperationTrace trace = operations.trace(envelope.method);
    ProgressFrames progress = new ProgressFrames(frames, json, executor, trace);
    Operation operation = Operation.of(envelope.opId, progress);
    try (Operations.Running ignored = operations.enter(operation, trace)) {
      started.accept(operation);
      try {
        return method.request(envelope.parameters, json).serve(new Method.Call(operation, client));
      } finally {
        progress.finish();
      }
    }
  }

  private Answer answer(String opId, Object result, Throwable failure) {
    if (failure != null) {
      return error(opId, failure);
    }
    try {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("op_id", opId);
      fields.put("result", result);
      byte[] payload = json.write(fields).getBytes(StandardCharsets.UTF_8);
      if (payload.length > MessageType.DAEMON_FRAME_LIMIT) {
        throw new BangerException(
            ErrorCode.OPERATION_FAILED, "the result is larger than a frame may be");
      }
      return new Answer(MessageType.RESULT, payload);
    } catch (Throwable e) {
      return error(opId, e);
    }
  }

  /** The ERROR frame for a failure; an unexpected one is logged with its trace. */
  Answer error(String opId, Throwable failure) {
    if (failure instanceof BangerException known) {
      LOG.debug("The request failed", known);
    } else {
      LOG.error("A request failed unexpectedly", failure);
    }
    OperationStatus.Failure told = Failures.of(failure);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("op_id", opId);
    fields.put("code", told.code().wireName());
    fields.put("message", told.message());
    return new Answer(MessageType.ERROR, json.write(fields).getBytes(StandardCharsets.UTF_8));
  }

  private static String outcome(Throwable failure) {
    if (failure == null) {
      return "done";
    }
    return failure instanceof BangerException known
        ? known.code().wireName() + ": " + known.getMessage()
        : failure.toString();
  }

  private static String abbreviated(String text) {
    return text.length() <= 64 ? text : text.substring(0, 64) + "…";
  }

  /** What surrounds the parameters; read step by step, so that an error has the op id if it can. */
  private final class Envelope {
    String opId = Operation.newId();
    String method = "(unknown)";
    Object parameters = Map.of();

    void read(byte[] request) {
      Map<?, ?> fields = json.read(text(request), Map.class);
      if (fields.get("op_id") != null) {
        opId = Operation.of(string(fields, "op_id"), event -> {}).id();
      }
      if (!Integer.valueOf(MessageType.PROTOCOL_VERSION).equals(fields.get("version"))) {
        throw new BangerException(
            ErrorCode.BAD_VERSION,
            "this daemon speaks protocol version "
                + MessageType.PROTOCOL_VERSION
                + ", not "
                + abbreviated(String.valueOf(fields.get("version")))
                + ": use a client of the same release");
      }
      for (Object name : fields.keySet()) {
        if (!ENVELOPE.contains(name)) {
          throw new BangerException(
              ErrorCode.BAD_REQUEST,
              "unknown field '" + abbreviated(String.valueOf(name)) + "' of the request");
        }
      }
      method = string(fields, "method");
      if (fields.get("params") != null) {
        parameters = fields.get("params");
      }
    }

    private String string(Map<?, ?> fields, String name) {
      if (!(fields.get(name) instanceof String value)) {
        throw new BangerException(
            ErrorCode.BAD_REQUEST, "field '" + name + "' must be there, and be a string");
      }
      return value;
    }

    private String text(byte[] request) {
      try {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(request)).toString();
      } catch (CharacterCodingException e) {
        throw new BangerException(ErrorCode.BAD_REQUEST, "the request is not UTF-8", e);
      }
    }
  }
}
