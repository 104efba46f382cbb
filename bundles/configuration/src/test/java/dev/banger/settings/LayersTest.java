// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.configuration.Setting.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayersTest {
  private static final String PID = ResolutionTest.DEFINITION.pid();

  @TempDir private Path home;
  private Path user;
  private Path installation;
  private Layers layers;
  private Resolver resolver;

  @BeforeEach
  void directories() throws IOException {
    user = Files.createDirectories(home.resolve("config")).resolve(PID + ".cfg");
    installation = Files.createDirectories(home.resolve("conf")).resolve(PID + ".cfg");
    layers =
        new Layers(
            user.getParent(), Optional.of(installation.getParent()), Map.of("width", "14")::get);
    resolver =
        new Resolver(
            layers, () -> List.of(ResolutionTest.DEFINITION), List.of(ResolutionTest.ORDER));
  }

  private Hashtable<String, Object> delivered(Map<String, Object> given) {
    Hashtable<String, Object> properties = new Hashtable<>(given);
    resolver.deliver(PID, properties);
    return properties;
  }

  private Map<String, Object> readFrom(Path file, Map<String, Object> values) {
    Hashtable<String, Object> given = new Hashtable<>(values);
    given.put(Layers.FILE_NAME, file.toFile().toURI().toString());
    return given;
  }

  @Test
  void a_list_is_delivered_by_its_items() throws IOException {
    Files.writeString(user, "names = web, db\\\\, old, c:\\\\x ,\n");
    assertThat((String[]) delivered(readFrom(user, Map.of())).get("names"))
        .containsExactly("web", "db, old", "c:\\x");
  }

  @Test
  void a_list_of_the_host_is_left_as_it_is() {
    String[] names = {"web", "db, old"};
    assertThat(delivered(Map.of("names", names))).containsEntry("names", names);
    assertThat(resolver.resolve(ResolutionTest.DEFINITION, new Hashtable<>(Map.of("names", names))))
        .satisfies(each -> assertThat(each.chosen().get("names").value()).isEqualTo("web,db, old"));
  }

  @Test
  void delivers_both_files_whichever_was_read_last() throws IOException {
    Files.writeString(installation, "first = 11\nlast = 12\n");
    Files.writeString(user, "last = ${width} \n");
    for (Path read : List.of(installation, user)) {
      assertThat(delivered(readFrom(read, Map.of("last", "99"))))
          .containsEntry("first", "11")
          .containsEntry("last", "14");
    }
  }

  @Test
  void what_the_host_says_goes_between_the_files() throws IOException {
    Files.writeString(installation, "first = 1\nlast = 12\n");
    Files.writeString(user, "first = 3\n");
    Map<String, Object> given =
        Map.of("first", 2, "last", 30, "mode", "manual", "service.pid", PID);
    assertThat(delivered(given))
        .containsEntry("first", "3")
        .containsEntry("last", 30)
        .containsEntry("mode", "manual");
    assertThat(layers.of(PID, new Hashtable<>(given)))
        .extracting(Layer::source)
        .containsExactly(
            Source.COMMAND_LINE,
            Source.USER_FILE,
            Source.CONFIGURATION_ADMIN,
            Source.INSTALLATION_FILE);
  }

  @Test
  void a_wrong_value_of_the_host_never_arrives() {
    assertThat(delivered(Map.of("first", "many", "last", "30")))
        .doesNotContainKey("first")
        .containsEntry("last", "30");
  }

  @Test
  void keeps_the_last_value_of_a_file_that_became_wrong_or_unreadable() throws IOException {
    Files.writeString(user, "first = 11\n");
    delivered(readFrom(user, Map.of("first", "11")));
    Files.writeString(user, "first = many\n");
    assertThat(delivered(readFrom(user, Map.of("first", "many")))).containsEntry("first", "11");
    Files.writeString(user, "first = \\u00zz\n");
    assertThat(delivered(readFrom(user, Map.of()))).containsEntry("first", "11");
    assertThat(layers.unreadable(PID)).singleElement().matches(each -> each.file().equals(user));
    Files.writeString(user, "first = 13\n");
    assertThat(delivered(readFrom(user, Map.of("first", "13")))).containsEntry("first", "13");
    assertThat(layers.unreadable(PID)).isEmpty();
  }

  @Test
  void what_is_not_described_passes_as_it_is() {
    Hashtable<String, Object> properties = new Hashtable<>(Map.of("a", "b"));
    resolver.deliver("org.example.other", properties);
    assertThat(properties).isEqualTo(Map.of("a", "b"));
  }

  @Test
  void the_command_line_goes_before_all() throws IOException {
    Files.writeString(user, "first = 11\n");
    String property = Layers.COMMAND_LINE + PID + ".first";
    System.setProperty(property, "5");
    try {
      assertThat(delivered(readFrom(user, Map.of()))).containsEntry("first", "5");
      assertThat(Layers.commandLinePids()).containsExactly(PID);
      assertThat(layers.isLayered(PID)).isTrue();
    } finally {
      System.clearProperty(property);
    }
    assertThat(delivered(readFrom(user, Map.of()))).containsEntry("first", "11");
  }

  @Test
  void the_content_is_of_the_users_file_if_there_is_one() throws IOException {
    assertThat(layers.content(PID)).isEmpty();
    Files.writeString(installation, "first = 1\n");
    assertThat(layers.content(PID).orElseThrow()).containsEntry("first", "1");
    Files.writeString(user, "last = 40\n");
    assertThat(layers.content(PID).orElseThrow())
        .isEqualTo(Map.of("last", "40", Layers.FILE_NAME, user.toFile().toURI().toString()));
    assertThat(layers.isLayered(PID)).isTrue();
  }
}
