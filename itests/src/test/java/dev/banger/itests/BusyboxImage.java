// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** The archive of a file system that has busybox and no init: a machine of it boots in seconds. */
final class BusyboxImage {
  static final Path BUSYBOX = Path.of("/bin/busybox");

  private static final Pattern LIBRARY = Pattern.compile("(/[^ ]+) \\(0x");

  private BusyboxImage() {}

  /** Writes the archive below a directory. */
  static Path archive(Path directory) throws IOException {
    return archive(directory, List.of());
  }

  /** Writes the archive, with programs of this host and the libraries that they need. */
  static Path archive(Path directory, List<Path> programs) throws IOException {
    Path tree = directory.resolve("tree");
    Path bin = Files.createDirectories(tree.resolve("bin"));
    Files.copy(BUSYBOX, bin.resolve("busybox"));
    assertThat(bin.resolve("busybox").toFile().setExecutable(true, false)).isTrue();
    for (String applet : List.of("sh", "cat", "true", "sync", "mount", "tee", "rm")) {
      Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
    }
    for (String place : List.of("dev", "etc", "proc", "root", "run", "sys", "tmp", "var")) {
      Files.createDirectory(tree.resolve(place));
    }
    for (Path program : programs) {
      copyIfMissing(program, tree);
      for (Path library : libraries(program, directory)) {
        copyIfMissing(library, tree);
      }
    }
    Path archive = directory.resolve("tiny.tar");
    Outcome tar =
        Running.start(
                List.of("tar", "-C", tree.toString(), "-cf", archive.toString(), "."), directory)
            .await(Duration.ofMinutes(1));
    assertThat(tar.status()).as("%s", tar).isZero();
    return archive;
  }

  private static List<Path> libraries(Path program, Path directory) {
    Outcome ldd =
        Running.start(List.of("ldd", program.toString()), directory).await(Duration.ofMinutes(1));
    assertThat(ldd.status()).as("%s", ldd).isZero();
    return LIBRARY.matcher(ldd.stdout()).results().map(found -> Path.of(found.group(1))).toList();
  }

  private static void copyIfMissing(Path file, Path tree) throws IOException {
    Path copy = tree.resolve(file.toString().substring(1));
    if (!Files.exists(copy)) {
      Files.createDirectories(copy.getParent());
      Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
    }
  }
}
