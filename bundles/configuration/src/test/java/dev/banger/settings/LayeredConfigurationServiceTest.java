// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.configuration.ConfigurationProblem;
import dev.banger.configuration.Setting;
import dev.banger.configuration.Setting.Source;
import dev.banger.doctor.Finding;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayeredConfigurationServiceTest {
  private static final String PID = ResolutionTest.DEFINITION.pid();

  private final Operation operation = Operation.background();
  private final FakeConfigurationAdmin admin = new FakeConfigurationAdmin();

  @TempDir private Path home;
  private Path user;
  private Path installed;
  private LayeredConfigurationService service;

  @BeforeEach
  void start() throws IOException {
    user = Files.createDirectories(home.resolve("config")).resolve(PID + ".cfg");
    installed = Files.createDirectories(home.resolve("conf")).resolve(PID + ".cfg");
    service = started(() -> List.of(new Definition(PID, ResolutionTest.DEFINITION.attributes())));
  }

  private LayeredConfigurationService started(Definitions definitions) {
    Layers layers = new Layers(user.getParent(), Optional.of(installed.getParent()), name -> null);
    admin.resolver = new Resolver(layers, definitions, List.of(ResolutionTest.ORDER));
    admin.listener = new Delivery(admin, layers);
    return new LayeredConfigurationService(layers, admin.resolver, admin.listener);
  }

  private static void assertRefused(ErrorCode code, String message, ThrowingCallable call) {
    assertThatThrownBy(call)
        .hasMessageContaining(message)
        .extracting(each -> ((BangerException) each).code())
        .isEqualTo(code);
  }

  @Test
  void what_is_set_is_written_and_delivered() {
    List<Setting> settings = service.set(Map.of("example.first", "11"), operation);
    assertThat(settings)
        .singleElement()
        .satisfies(each -> assertThat(each.source()).isEqualTo(Source.USER_FILE))
        .satisfies(each -> assertThat(each.file()).isEqualTo(user))
        .satisfies(each -> assertThat(each.value()).isEqualTo("11"));
    assertThat(user).hasContent("first = 11");
    assertThat(admin.delivered.get(PID)).containsEntry("first", "11");
  }

  @Test
  void unset_returns_to_what_is_underneath() throws IOException {
    Files.writeString(installed, "first = 5\n");
    service.set(Map.of("example.first", "11"), operation);
    assertThat(service.unset(List.of("example.first"), operation))
        .singleElement()
        .matches(each -> each.value().equals("5"))
        .matches(each -> each.source() == Source.INSTALLATION_FILE);
    assertThat(admin.delivered.get(PID)).containsEntry("first", "5");
  }

  @Test
  void nothing_is_written_when_one_value_of_several_is_wrong() {
    Map<String, String> values = Map.of("example.first", "11", "example.mode", "odd");
    assertRefused(
        ErrorCode.BAD_REQUEST, "is not one of auto, manual", () -> service.set(values, operation));
    assertRefused(
        ErrorCode.BAD_REQUEST,
        "the last comes first",
        () -> service.set(Map.of("example.first", "21"), operation));
    assertThat(user).doesNotExist();
    assertThat(admin.delivered).isEmpty();
    service.set(Map.of("example.first", "21", "example.last", "22"), operation);
    assertRefused(
        ErrorCode.BAD_REQUEST,
        "the last comes first",
        () -> service.unset(List.of("example.last"), operation));
  }

  @Test
  void keys_of_two_files_are_written_together_or_not_at_all() throws IOException {
    String second = "dev.banger.second";
    Path other = user.resolveSibling(second + ".cfg");
    service =
        started(
            () ->
                List.of(
                    new Definition(PID, ResolutionTest.DEFINITION.attributes()),
                    new Definition(second, ResolutionTest.DEFINITION.attributes())));
    Map<String, String> values = new LinkedHashMap<>();
    values.put("example.first", "11");
    values.put("second.first", "101");
    assertRefused(ErrorCode.BAD_REQUEST, "101", () -> service.set(values, operation));
    values.put("second.first", "12");
    Path real = Files.writeString(home.resolve("real"), "");
    Files.createSymbolicLink(other, real);
    assertRefused(ErrorCode.BAD_REQUEST, "is a link", () -> service.set(values, operation));
    Files.delete(other);
    assertThat(user).doesNotExist();
    assertThat(admin.delivered).isEmpty();

    service.set(Map.of("example.first", "5"), operation);
    admin.refused = second;
    assertRefused(
        ErrorCode.OPERATION_FAILED, "no space left", () -> service.set(values, operation));
    assertThat(user).hasContent("first = 5");
    assertThat(other).doesNotExist();
    assertThat(admin.delivered.get(PID)).containsEntry("first", "5");

    admin.refused = null;
    service.set(values, operation);
    assertThat(user).hasContent("first = 11");
    assertThat(other).hasContent("first = 12");
    assertThat(admin.delivered.get(second)).containsEntry("first", "12");
  }

  @Test
  void a_value_can_be_set_in_a_file_that_has_other_faults() throws IOException {
    Files.writeString(user, "first = x\nunknown = 1\n");
    service.set(Map.of("example.last", "30"), operation);
    assertThat(admin.delivered.get(PID)).containsEntry("last", "30").doesNotContainKey("first");
    assertThat(service.list().problems())
        .extracting(ConfigurationProblem::key)
        .containsExactly("first", "unknown");
    assertThat(new ConfigurationCheck(service).examine(operation))
        .hasSize(2)
        .allMatch(each -> each.status() == Finding.Status.WARN);
    service.set(Map.of("example.first", "3"), operation);
    assertThat(service.get("example.first").problem()).isNull();
  }

  @Test
  void a_key_has_its_whole_pid_or_an_ending_of_it() {
    for (String name : List.of("example.first", "banger.example.first", PID + ".first")) {
      assertThat(service.get(name).name()).isEqualTo("example.first");
    }
    assertRefused(ErrorCode.NOT_FOUND, "did you mean example.first?", () -> service.get("first"));
    assertRefused(
        ErrorCode.NOT_FOUND, "did you mean example.last?", () -> service.get("exampel.last"));
    assertRefused(ErrorCode.NOT_FOUND, "config list", () -> service.get("ample.first.of.all"));
  }

  @Test
  void what_lies_under_a_file_that_goes_is_delivered() throws IOException {
    Files.writeString(installed, "first = 5\n");
    service.set(Map.of("example.first", "11"), operation);
    Files.delete(user);
    admin.getConfiguration(PID, null).delete(); // as FileInstall does
    assertThat(admin.delivered.get(PID)).containsEntry("first", "5");
    Files.delete(installed);
    admin.getConfiguration(PID, null).delete();
    assertThat(admin.delivered).doesNotContainKey(PID);
  }

  @Test
  void what_another_program_configured_stays_under_what_is_set() throws IOException {
    admin.getConfiguration(PID, null).update(new Hashtable<>(Map.of("first", 1, "last", 50)));
    service.set(Map.of("example.first", "11"), operation);
    service.set(Map.of("example.first", "12"), operation);
    assertThat(admin.delivered.get(PID)).containsEntry("first", "12").containsEntry("last", 50);
    assertThat(service.get("example.last").source()).isEqualTo(Source.CONFIGURATION_ADMIN);
    service.unset(List.of("example.first"), operation);
    assertThat(admin.delivered.get(PID)).containsEntry("first", 1);
  }

  @Test
  void tells_of_files_that_nobody_reads() throws IOException {
    Files.writeString(user.resolveSibling("dev.banger.exmaple.cfg"), "");
    Files.writeString(user.resolveSibling("org.example.other.cfg"), "");
    assertThat(service.list().problems())
        .singleElement()
        .matches(each -> each.message().contains("did you mean " + PID + ".cfg?"));
  }

  @Test
  void says_what_is_missing_without_a_metatype_service() {
    service = started(null);
    assertRefused(ErrorCode.UNAVAILABLE, "MetaTypeService", () -> service.list());
    assertThat(new ConfigurationCheck(service).examine(operation))
        .extracting(Finding::status)
        .containsExactly(Finding.Status.WARN);
  }

  @Test
  void does_not_write_beside_a_file_of_the_other_format() throws IOException {
    Files.writeString(user.resolveSibling(PID + ".config"), "first=I\"3\"\n");
    assertRefused(
        ErrorCode.BAD_REQUEST,
        ".config has this configuration",
        () -> service.set(Map.of("example.first", "11"), operation));
    assertThat(user).doesNotExist();
  }
}
