// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Debian's docker-registry on a free port of loopback, with a directory of its own. */
final class LocalRegistry implements AutoCloseable {
  private final int port;
  private final Process process;

  private LocalRegistry(int port, Process process) {
    this.port = port;
    this.process = process;
  }

  /** One that everybody may read and write. */
  static LocalRegistry open(Path directory) {
    return start(directory, "");
  }

  /** One that asks for a name and password of an htpasswd file with bcrypt's digests. */
  static LocalRegistry withPasswords(Path directory, Path htpasswd) {
    return start(
        directory,
        """
        auth:
          htpasswd:
            realm: test
            path: %s
        """
            .formatted(htpasswd));
  }

  private static LocalRegistry start(Path directory, String authentication) {
    try {
      Files.createDirectories(directory);
      int port = FreePort.any();
      Path configuration = directory.resolve("registry.yml");
      Files.writeString(
          configuration,
          """
          version: 0.1
          log:
            level: warn
          storage:
            filesystem:
              rootdirectory: %s
          http:
            addr: 127.0.0.1:%d
          """
                  .formatted(directory.resolve("data"), port)
              + authentication);
      ProcessBuilder builder =
          new ProcessBuilder("docker-registry", "serve", configuration.toString());
      builder.redirectErrorStream(true).redirectOutput(directory.resolve("log").toFile());
      LocalRegistry registry = new LocalRegistry(port, builder.start());
      Installation.await("the registry", Duration.ofSeconds(60), registry::answers);
      return registry;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean answers() {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:" + port + "/v2/").toURL().openConnection();
      connection.setConnectTimeout(2000);
      connection.setReadTimeout(2000);
      int status = connection.getResponseCode();
      return status == 200 || status == 401;
    } catch (IOException e) {
      return false;
    }
  }

  /** How a person names an image of it. */
  String reference(String name) {
    return "localhost:" + port + "/" + name;
  }

  /** {@code localhost:port}. */
  String host() {
    return "localhost:" + port;
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
