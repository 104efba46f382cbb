// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.host.HostProcess;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QemuProgramTest {
  private final Operation operation = Operation.background();
  private final List<List<String>> runs = new ArrayList<>();
  private CommandResult answer;

  @TempDir Path home;
  private Path file;

  @BeforeEach
  void install() throws IOException {
    file = Files.createFile(home.resolve("qemu"));
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3), 7.2.22, true",
    "QEMU emulator version 10.1.0, 10.1.0, true",
    "QEMU emulator version 7.0, 7.0, true",
    "QEMU emulator version 6.2.0 (Debian 1:6.2+dfsg-2ubuntu6), 6.2.0, false"
  })
  void the_version_decides_whether_it_is_fit(String said, String version, boolean fit) {
    answer = new CommandResult(0, said + "\n", "");

    assertThat(program().find(operation))
        .hasValueSatisfying(
            found -> {
              assertThat(found.version()).isEqualTo(version);
              assertThat(found.supported()).isEqualTo(fit);
            });
    if (fit) {
      assertThat(program().require(operation).path()).isEqualTo(file);
    } else {
      assertUnfit(program(), "too old");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "version", "QEMU emulator version seven", "version 99999999999.1"})
  void a_program_that_tells_no_version_is_unfit(String said) {
    answer = new CommandResult(0, said, "");

    assertUnfit(program(), file.toString());
  }

  @Test
  void a_program_that_fails_is_unfit_and_its_words_are_told() {
    answer = new CommandResult(127, "", "libfdt.so.1: cannot open shared object file");

    assertUnfit(program(), "libfdt.so.1");
  }

  @Test
  void a_program_that_is_missing_or_cannot_be_run_is_unfit() throws IOException {
    assertThat(file.toFile().setExecutable(false)).isTrue();
    assertThat(program().find(operation)).isEmpty();
    Files.delete(file);
    Files.createDirectory(file);
    assertUnfit(program(), "not installed");
    assertThat(runs).isEmpty();
  }

  @Test
  void the_same_file_is_asked_once_and_another_again() throws IOException {
    answer = new CommandResult(0, "QEMU emulator version 7.2.22", "");
    QemuProgram program = program();
    program.require(operation);
    program.require(operation);
    assertThat(runs).containsExactly(List.of(file.toString(), "--version"));

    answer = new CommandResult(0, "QEMU emulator version 8.0.0", "");
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000));
    assertThat(program.require(operation).version()).isEqualTo("8.0.0");
    assertThat(runs).hasSize(2);
  }

  private void assertUnfit(QemuProgram program, String words) {
    assertThatThrownBy(() -> program.require(operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNFIT))
        .hasMessageContaining(words);
  }

  private QemuProgram program() {
    return new QemuProgram(new Commands(), file.toString());
  }

  private final class Commands implements HostCommands {
    @Override
    public Optional<Path> find(String name) {
      return Optional.empty();
    }

    @Override
    public CommandResult run(HostCommand command, Operation given) {
      runs.add(command.argv());
      return answer;
    }

    @Override
    public HostProcess start(HostCommand command, Consumer<String> errors, Operation given) {
      throw new UnsupportedOperationException("no test needs it");
    }
  }
}
