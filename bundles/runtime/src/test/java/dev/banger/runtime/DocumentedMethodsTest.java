// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.error.ErrorCode;
import dev.banger.hostservice.JacksonJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class DocumentedMethodsTest {
  private static final Pattern ROW = Pattern.compile("\\| `([a-z_.]+)` \\| (.*) \\| .* \\|");

  private final Methods methods =
      new Methods(
          new Services(Duration.ofMillis(1)),
          new Operations(),
          new JacksonJson(),
          Runnable::run,
          "1");

  private static List<Matcher> rows() throws IOException {
    String text = Files.readString(Path.of("../../docs/protocol.md"));
    return text.substring(text.indexOf("\n## Methods"))
        .lines()
        .map(ROW::matcher)
        .filter(Matcher::matches)
        .toList();
  }

  @Test
  void serves_exactly_the_documented_methods() throws IOException {
    assertThat(rows()).extracting(row -> row.group(1)).containsExactlyElementsOf(names());
  }

  private List<String> names() {
    return methods.table().keySet().stream().toList();
  }

  @Test
  void takes_exactly_the_documented_parameters() throws IOException {
    for (Matcher row : rows()) {
      Method<?> method = methods.table().get(row.group(1));
      if (row.group(2).contains("as above")) {
        continue;
      }
      List<String> taken =
          Arrays.stream(method.parameters().getRecordComponents())
              .map(component -> snake(component.getName()))
              .toList();
      List<String> documented =
          Pattern.compile("`([a-z0-9_]+)\\??`")
              .matcher(row.group(2))
              .results()
              .map(result -> result.group(1))
              .toList();
      assertThat(documented).as(row.group(1)).containsExactlyElementsOf(taken);
    }
  }

  private static String snake(String name) {
    return name.replaceAll("([A-Z])", "_$1").toLowerCase(java.util.Locale.ROOT);
  }

  @Test
  void documents_every_error_code() throws IOException {
    String text = Files.readString(Path.of("../../docs/protocol.md"));
    List<String> documented =
        Pattern.compile("(?m)^\\| `([a-z_]+)` \\|")
            .matcher(text.substring(text.indexOf("\n## Errors")))
            .results()
            .map(result -> result.group(1))
            .toList();
    assertThat(documented)
        .containsExactlyElementsOf(
            Arrays.stream(ErrorCode.values()).map(ErrorCode::wireName).toList());
  }

  @Test
  void has_a_handler_for_each() {
    assertThat(methods.table().values()).allSatisfy(m -> assertThat(m.handler()).isNotNull());
  }
}
