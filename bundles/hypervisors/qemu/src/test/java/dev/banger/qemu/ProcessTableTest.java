// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessTableTest {
  private static final String REST =
      " S 1 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 424242 1000 200 18446744073709551615 0\n";

  @TempDir Path proc;
  private ProcessTable processes;

  @BeforeEach
  void prepare() throws IOException {
    Path boot = Files.createDirectories(proc.resolve("sys/kernel/random")).resolve("boot_id");
    Files.writeString(boot, "boot-1\n");
    Files.createDirectory(proc.resolve("self"));
    processes = new ProcessTable(proc);
  }

  @ParameterizedTest
  @ValueSource(strings = {"qemu", "", "a b", ") S 1 (", "((()))", "\n", "\u00e4"})
  void the_start_is_read_whatever_the_command_is_called(String name) throws IOException {
    process(77, name, REST, "qemu");

    assertThat(processes.startTime(77)).hasValue(424242);
    assertThat(processes.identify(77)).contains(new ProcessIdentity(77, 424242, "boot-1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Z", "X"})
  void a_process_that_only_waits_to_be_reaped_is_gone(String state) throws IOException {
    process(77, "qemu", REST.replaceFirst("S", state), "qemu");

    assertThat(processes.startTime(77)).isEmpty();
    assertThat(processes.identify(77)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "77",
        "77 (qemu)",
        "77 (qemu) S 1 2 3",
        "77 (qemu",
        ") ) )",
        "77 (qemu) S 1 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 nonsense 1 2"
      })
  void a_status_that_cannot_be_read_is_that_of_no_process(String stat) throws IOException {
    Path directory = Files.createDirectory(proc.resolve("77"));
    Files.writeString(directory.resolve("stat"), stat);

    assertThat(processes.startTime(77)).isEqualTo(OptionalLong.empty());
    assertThat(processes.identify(77)).isEqualTo(Optional.empty());
  }

  @Test
  void a_process_is_itself_only_with_its_start_and_its_boot() throws IOException {
    process(77, "qemu", REST, "qemu");

    assertThat(processes.alive(new ProcessIdentity(77, 424242, "boot-1"))).isTrue();
    assertThat(processes.alive(new ProcessIdentity(77, 424241, "boot-1"))).isFalse();
    assertThat(processes.alive(new ProcessIdentity(77, 424242, "boot-2"))).isFalse();
    assertThat(processes.alive(new ProcessIdentity(78, 424242, "boot-1"))).isFalse();
  }

  @Test
  void arguments_are_told_apart_as_they_were_given() throws IOException {
    process(77, "qemu", REST, "qemu\0-pidfile\0/a b,c/\u00e4\0\0");
    process(78, "kthread", REST, "");

    assertThat(processes.arguments(77)).startsWith("qemu", "-pidfile", "/a b,c/\u00e4", "");
    assertThat(processes.arguments(78)).isEmpty();
    assertThat(processes.arguments(79)).isEmpty();
  }

  @Test
  void living_processes_are_found_by_their_command_line() throws IOException {
    process(77, "qemu", REST, "qemu\0mine\0");
    process(78, "qemu", REST, "qemu\0other\0");
    process(79, "qemu", REST.replaceFirst("S", "Z"), "qemu\0mine\0");
    Files.createDirectory(proc.resolve("7x"));
    Files.createDirectory(proc.resolve("80"));

    assertThat(processes.find(words -> words.contains("mine")))
        .containsExactly(new ProcessIdentity(77, 424242, "boot-1"));
    assertThat(processes.find(words -> words.contains("nobody"))).isEmpty();
  }

  @Test
  void this_process_is_found_on_this_host() {
    ProcessTable host = new ProcessTable(Path.of("/proc"));
    ProcessIdentity self = host.identify(ProcessHandle.current().pid()).orElseThrow();

    assertThat(host.alive(self)).isTrue();
    assertThat(host.find(words -> words.equals(host.arguments(self.pid())))).contains(self);
  }

  @Property(tries = 200)
  void no_status_makes_it_fail(@ForAll byte[] stat) throws IOException {
    Path directory = Files.createTempDirectory("proc");
    try {
      Files.write(Files.createDirectory(directory.resolve("77")).resolve("stat"), stat);
      assertThat(new ProcessTable(directory).startTime(77)).isEmpty();
    } finally {
      Files.deleteIfExists(directory.resolve("77/stat"));
      Files.deleteIfExists(directory.resolve("77"));
      Files.delete(directory);
    }
  }

  private void process(long pid, String name, String rest, String commandLine) throws IOException {
    Path directory = Files.createDirectory(proc.resolve(Long.toString(pid)));
    Files.writeString(directory.resolve("stat"), pid + " (" + name + ")" + rest);
    Files.write(directory.resolve("cmdline"), commandLine.getBytes(StandardCharsets.UTF_8));
  }
}
