// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FetchingTest {
  private static final String PATH = "/org/example/greeting/1.0/greeting-1.0.jar";

  @TempDir Path directory;
  private final Map<String, byte[]> served = new ConcurrentHashMap<>();
  private HttpServer server;
  private URI base;
  private Fetching fetching;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] content = served.get(exchange.getRequestURI().getPath());
          exchange.sendResponseHeaders(content == null ? 404 : 200, content == null ? -1 : 0);
          try (exchange) {
            if (content != null) {
              exchange.getResponseBody().write(content);
            }
          }
        });
    server.start();
    base = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    fetching =
        new Fetching(
            new Staging(directory.resolve("cache")), directory.resolve("local"), base, new Web());
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private static byte[] bundle() throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Bundle-ManifestVersion", "2");
    manifest.getMainAttributes().putValue("Bundle-SymbolicName", "org.example.greeting");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarOutputStream jar = new JarOutputStream(bytes, manifest)) {
      jar.finish();
    }
    return bytes.toByteArray();
  }

  private String digest(byte[] content, String algorithm) throws IOException {
    return Digests.of(Files.write(directory.resolve("digested"), content), algorithm);
  }

  private StagedJar fetch(String location, String sha256) {
    return fetching.fetch(new PluginSource(location, sha256), Operation.background());
  }

  private void assertRefused(String location, String sha256, ErrorCode code) throws IOException {
    assertThatThrownBy(() -> fetch(location, sha256))
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code));
    Path staged = directory.resolve("cache/plugins");
    if (Files.exists(staged)) {
      try (Stream<Path> left = Files.list(staged)) {
        assertThat(left).isEmpty();
      }
    }
  }

  @Test
  void an_address_gives_the_jar_of_the_digest_and_no_other() throws IOException {
    byte[] jar = bundle();
    served.put("/greeting.jar", jar);
    String location = base + "greeting.jar";
    try (StagedJar staged = fetch(location, digest(jar, "SHA-256"))) {
      assertThat(staged.file()).hasBinaryContent(jar);
    }
    assertRefused(location, "0".repeat(64), ErrorCode.CORRUPT);
    assertRefused(base + "absent.jar", "0".repeat(64), ErrorCode.NOT_FOUND);
    assertThatThrownBy(() -> new PluginSource(location, null)).hasMessageContaining("--sha256");
  }

  @Test
  void the_local_repository_comes_before_the_other_one() throws IOException {
    Path local = directory.resolve("local" + PATH);
    Files.createDirectories(local.getParent());
    Files.write(local, bundle());
    try (StagedJar staged = fetch("mvn:org.example:greeting:1.0", null)) {
      assertThat(staged.facts().name()).isEqualTo("org.example.greeting");
    }
  }

  @Test
  void a_repository_is_believed_when_the_checksum_beside_the_jar_agrees() throws IOException {
    byte[] jar = bundle();
    served.put(PATH, jar);
    assertRefused("mvn:org.example:greeting:1.0", null, ErrorCode.CORRUPT);
    served.put(PATH + ".sha1", digest(jar, "SHA-1").getBytes(StandardCharsets.US_ASCII));
    fetch("mvn:org.example:greeting:1.0", null).close();
    served.put(PATH + ".sha256", "0".repeat(64).getBytes(StandardCharsets.US_ASCII));
    assertRefused("mvn:org.example:greeting:1.0", null, ErrorCode.CORRUPT);
    assertRefused("mvn:org.example:greeting:2.0", null, ErrorCode.NOT_FOUND);
  }
}
