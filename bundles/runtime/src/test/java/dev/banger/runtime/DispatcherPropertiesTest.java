// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.hostservice.JacksonJson;
import dev.banger.wire.FrameOutput;
import dev.banger.wire.Json;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever a request is, its answer is one RESULT or ERROR with an op id. */
class DispatcherPropertiesTest {
  private final Json json = new JacksonJson();
  private final Services services = new Services(Duration.ofNanos(1));
  private final Operations operations = new Operations();
  private final Dispatcher dispatcher =
      new Dispatcher(
          new Methods(services, operations, json, Runnable::run, "1").table(),
          operations,
          json,
          Runnable::run);

  private Map<?, ?> serve(byte[] request) {
    FrameOutput frames = new FrameOutput(OutputStream.nullOutputStream());
    Dispatcher.Answer answer =
        dispatcher.serve(request, frames, new ClientChannel(frames), operation -> {});
    Map<?, ?> fields = json.read(new String(answer.payload(), StandardCharsets.UTF_8), Map.class);
    assertThat((String) fields.get("op_id")).matches("op-[0-9a-z]{1,32}");
    assertThat(fields.containsKey("code")).isEqualTo(answer.type() == MessageType.ERROR);
    assertThat(
            fields.get("message") == null
                || !fields.get("message").toString().contains("NullPointer"))
        .as("%s", fields)
        .isTrue();
    assertThat(operations.list()).isEmpty();
    return fields;
  }

  @Property(tries = 300)
  void answers_any_bytes_with_an_error(@ForAll byte[] request) {
    assertThat(serve(request).get("code")).isIn("bad_request", "bad_version");
  }

  @Property(tries = 1_000)
  void answers_any_json(@ForAll("requests") String request) {
    serve(request.getBytes(StandardCharsets.UTF_8));
  }

  @Provide
  Arbitrary<String> requests() {
    Arbitrary<String> method =
        Arbitraries.of(new Methods(services, operations, json, Runnable::run, "1").table().keySet())
            .filter(name -> !name.equals("ping"))
            .injectDuplicates(0.1);
    Arbitrary<String> field =
        Arbitraries.of(
            "reference", "name", "argv", "index", "words", "rows", "op_id", "paths", "vcpus", "x");
    Arbitrary<String> parameters =
        Arbitraries.maps(field, value())
            .ofMaxSize(5)
            .map(
                map ->
                    "{"
                        + String.join(
                            ",",
                            map.entrySet().stream()
                                .map(entry -> "\"" + entry.getKey() + "\":" + entry.getValue())
                                .toList())
                        + "}");
    Arbitrary<String> anyParameters = Arbitraries.oneOf(parameters, value());
    return Combinators.combine(
            Arbitraries.of("1", "1", "1", "2", "null", "\"1\""), method, anyParameters)
        .as(
            (version, name, params) ->
                "{\"version\":"
                    + version
                    + ",\"method\":\""
                    + name
                    + "\",\"params\":"
                    + params
                    + "}");
  }

  private static Arbitrary<String> value() {
    return Arbitraries.of(
        "null",
        "true",
        "0",
        "-1",
        "1e400",
        "2147483648",
        "\"\"",
        "\"x\\u0000\"",
        "[]",
        "[null]",
        "[\"a\"]",
        "{}",
        "{\"rows\":1}",
        "[[]]",
        "\"/a\"");
  }
}
