// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DisposableTest {
  private static Vm vm(Map<String, String> labels) {
    return new Vm(
        "0123456789ab",
        "web",
        VmState.RUNNING,
        null,
        "image",
        "image",
        "kernel",
        "qemu",
        null,
        null,
        null,
        List.of(),
        null,
        Instant.EPOCH,
        null,
        labels,
        null,
        null,
        List.of());
  }

  @Test
  void one_of_another_process_is_abandoned_and_one_without_a_process_is_not() {
    assertThat(Disposable.isAbandoned(vm(Disposable.labels(Map.of("a", "b"))))).isFalse();
    assertThat(Disposable.isAbandoned(vm(Map.of("a", "b")))).isFalse();
    assertThat(Disposable.isAbandoned(vm(Map.of(Disposable.LABEL, "4711-1")))).isTrue();
  }

  @Test
  void one_of_this_process_is_not_abandoned_when_no_file_can_be_opened() throws Exception {
    Process process =
        new ProcessBuilder(
                "sh",
                "-c",
                "ulimit -n 100; exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                WithoutFiles.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(said).isEqualTo("abandoned: false\n");
  }

  /** A process that has opened as many files as it may. */
  static final class WithoutFiles {
    private WithoutFiles() {}

    public static void main(String[] arguments) {
      Vm own = vm(Disposable.labels(Map.of()));
      List<FileInputStream> open = new ArrayList<>();
      boolean more = true;
      while (more) {
        try {
          open.add(new FileInputStream("/dev/null"));
        } catch (IOException e) {
          more = false;
        }
      }
      boolean abandoned = Disposable.isAbandoned(own);
      System.out.print("abandoned: " + abandoned + "\n");
    }
  }
}
