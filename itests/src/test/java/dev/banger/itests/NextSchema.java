// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** The store of a later release, whose database has one more table. */
final class NextSchema {
  static final String TABLE = "added_later";

  private static final Path SOURCE =
      Path.of("../bundles/store/src/main/java/dev/banger/sqlite/Schema.java");
  private static final String CURRENT = "  static final Schema CURRENT =\n";
  private static final String FIELDS = "  private final List<Migration> migrations;\n";

  private NextSchema() {}

  /**
   * Writes the bundle.
   *
   * @return the number of its schema
   */
  static int of(Path store, Path file, Path directory) throws IOException {
    int next = schema(store) + 1;
    Path classes = compile(store, next, Files.createDirectories(directory));
    BundleFile.with("Banger-Schema", Integer.toString(next), store, file);
    try (FileSystem jar = FileSystems.newFileSystem(file);
        Stream<Path> compiled = Files.walk(classes)) {
      for (Path each : compiled.filter(Files::isRegularFile).toList()) {
        Path place = jar.getPath("/" + classes.relativize(each));
        Files.copy(each, place, StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return next;
  }

  private static int schema(Path store) throws IOException {
    try (JarFile jar = new JarFile(store.toFile())) {
      return Integer.parseInt(jar.getManifest().getMainAttributes().getValue("Banger-Schema"));
    }
  }

  private static Path compile(Path store, int next, Path directory) throws IOException {
    String source = Files.readString(SOURCE);
    assertThat(source).containsOnlyOnce(CURRENT).containsOnlyOnce(FIELDS);
    Path file = directory.resolve("Schema.java");
    Files.writeString(
        file,
        source
            .replace(CURRENT, "  static final Schema PREVIOUS =\n")
            .replace(FIELDS, fields(next) + FIELDS));
    Path classes = Files.createDirectory(directory.resolve("classes"));
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "--release",
                "17",
                "-cp",
                store.toString(),
                "-d",
                classes.toString(),
                file.toString());
    assertThat(status).isZero();
    return classes;
  }

  private static String fields(int next) {
    return """
      static final Schema CURRENT = PREVIOUS.and(
          new Migration(%d, "later", List.of("CREATE TABLE %s (id TEXT) STRICT")));

      private Schema and(Migration later) {
        List<Migration> all = new ArrayList<>(migrations);
        all.add(later);
        return new Schema(all);
      }

    """
        .formatted(next, TABLE);
  }
}
