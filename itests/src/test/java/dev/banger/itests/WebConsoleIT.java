// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** docs/web-console.md, as a browser and as others on the network see it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WebConsoleIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String PAGE = "/system/console/bundles.json";

  private final Installation banger = new Installation();
  private int port;

  @BeforeAll
  void start() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
  }

  @AfterAll
  void stop() {
    banger.close();
  }

  @Test
  @Order(1)
  void nobody_listens_and_nothing_is_there_unless_it_is_wanted() {
    assertThat(optional()).isEmpty();
    assertThat(listeners()).isEmpty();
    assertThat(banger.home().resolve("state/webconsole")).doesNotExist();
  }

  @Test
  @Order(2)
  void it_listens_on_loopback_alone_when_it_is_turned_on() {
    banger.succeed(
        "config", "set", "webconsole.enabled", "true", "webconsole.port", Integer.toString(port));
    awaitListeners(Set.of("127.0.0.1:" + port));
    awaitStatus(401, "Host: 127.0.0.1:" + port);
    assertThat(optional()).isNotEmpty().allMatch(each -> each.contains("|Active "));
  }

  @Test
  @Order(3)
  void only_who_knows_the_password_sees_anything() throws IOException {
    assertThat(status("Host: 127.0.0.1:" + port)).isEqualTo(401);
    assertThat(status("Host: 127.0.0.1:" + port, basic("admin", "admin"))).isEqualTo(401);
    assertThat(status("Host: 127.0.0.1:" + port, basic("banger", "banger"))).isEqualTo(401);
    String seen = request("Host: 127.0.0.1:" + port, owner());
    assertThat(seen).startsWith("HTTP/1.1 200 ").contains("dev.banger.vm-service");
    Path file = banger.home().resolve("state/webconsole/password");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  @Order(4)
  void other_names_and_pages_of_other_sites_are_refused() throws IOException {
    assertThat(status("Host: evil.example:" + port, owner())).isEqualTo(403);
    assertThat(status("Host: 127.0.0.1:" + port, "Origin: http://evil.example", owner()))
        .isEqualTo(403);
    assertThat(status("Host: localhost:" + port, "Origin: http://localhost:" + port, owner()))
        .isEqualTo(200);
  }

  @Test
  @Order(5)
  void doctor_tells_where_it_is() {
    assertThat(checks())
        .anyMatch(
            row ->
                row.get("check").asText().equals("web-console")
                    && row.get("status").asText().equalsIgnoreCase("pass")
                    && row.get("detail")
                        .asText()
                        .contains("http://127.0.0.1:" + port + "/system/console"));
    assertThat(checks())
        .filteredOn(row -> row.get("check").asText().equals("plugins"))
        .allMatch(row -> row.get("status").asText().equalsIgnoreCase("pass"));
  }

  @Test
  @Order(6)
  void it_is_there_after_the_next_start_with_the_same_password() throws IOException {
    String password = owner();
    banger.succeed("daemon", "stop");
    banger.succeed("vm", "list");
    awaitListeners(Set.of("127.0.0.1:" + port));
    awaitStatus(401, "Host: 127.0.0.1:" + port);
    assertThat(status("Host: 127.0.0.1:" + port, password)).isEqualTo(200);
  }

  @Test
  @Order(7)
  void it_is_gone_when_it_is_turned_off() {
    banger.succeed("config", "set", "webconsole.enabled", "false");
    awaitListeners(Set.of());
    Installation.await("the end of its bundles", SOON, () -> optional().isEmpty());
  }

  /** The bundles that are there for the console. */
  private List<String> optional() {
    String bundles = banger.succeed("shell", "-c", "felix:lb -l");
    assertThat(bundles).contains("/system/6/vm-service.jar");
    return bundles.lines().filter(line -> line.contains("/optional/webconsole/")).toList();
  }

  private JsonNode checks() {
    try {
      // What this host lacks for machines is no concern here, but doctor's exit status.
      return new ObjectMapper().readTree(banger.banger("doctor", "--json").stdout());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitListeners(Set<String> expected) {
    Installation.await("listeners " + expected, SOON, () -> listeners().equals(expected));
  }

  private Set<String> listeners() {
    try {
      return Listeners.of(banger.daemon().orElseThrow().pid());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitStatus(int expected, String... headers) {
    Installation.await(
        "status " + expected,
        SOON,
        () -> {
          try {
            return status(headers) == expected;
          } catch (IOException e) {
            return false; // not there yet
          }
        });
  }

  private String owner() throws IOException {
    return basic(
        "banger", Files.readString(banger.home().resolve("state/webconsole/password")).strip());
  }

  private static String basic(String user, String password) {
    return "Authorization: Basic "
        + Base64.getEncoder()
            .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  private int status(String... headers) throws IOException {
    return Integer.parseInt(request(headers).split(" ")[1]);
  }

  /** By hand, since clients choose the name of the host themselves. */
  private String request(String... headers) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout((int) SOON.toMillis());
      socket
          .getOutputStream()
          .write(
              ("GET "
                      + PAGE
                      + " HTTP/1.1\r\n"
                      + String.join("\r\n", headers)
                      + "\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
