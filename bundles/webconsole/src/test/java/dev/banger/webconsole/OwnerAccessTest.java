// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.webconsole;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.host.BangerDirectories;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnerAccessTest {
  @TempDir private Path state;
  private final Map<String, String> headers = new HashMap<>();
  private final Map<String, String> answered = new HashMap<>();
  private String address = "127.0.0.1";
  private int status;
  private OwnerAccess access;
  private Path file;

  @BeforeEach
  void make() throws IOException {
    access = new OwnerAccess(new Directories(state));
    file = state.resolve("webconsole/password");
    headers.put("Host", "127.0.0.1:8187");
    headers.put("Authorization", basic("banger", password()));
  }

  @Test
  void who_knows_the_password_is_let_in() {
    assertThat(authenticate()).isEqualTo("banger");
    assertThat(access.authorize("banger", "anything")).isTrue();
    assertThat(status).isZero();
  }

  @Test
  void the_name_of_this_host_and_its_own_pages_are_let_in() {
    headers.put("Host", "localhost:8187");
    headers.put("Origin", "http://localhost:8187");
    assertThat(authenticate()).isEqualTo("banger");
  }

  @Test
  void nobody_else_is_let_in() throws IOException {
    for (String wrong :
        new String[] {
          null,
          "Basic",
          "Basic %%%",
          "Bearer " + password(),
          basic("admin", "admin"),
          basic("admin", password()),
          basic("banger", ""),
          basic("banger", password() + "x")
        }) {
      status = 0;
      headers.put("Authorization", wrong);
      assertThat(authenticate()).as(wrong).isNull();
      assertThat(status).as(wrong).isEqualTo(401);
      assertThat(answered.get("WWW-Authenticate")).startsWith("Basic realm=");
    }
  }

  @Test
  void a_name_that_somebody_gave_this_address_is_refused() {
    for (String host : new String[] {null, "evil.example:8187", "127.0.0.1", "127.0.0.1:80"}) {
      headers.put("Host", host);
      assertThat(authenticate()).as(host).isNull();
      assertThat(status).as(host).isEqualTo(403);
    }
  }

  @Test
  void a_page_of_another_site_is_refused() {
    for (String origin : new String[] {"http://evil.example", "null", "http://127.0.0.1:80"}) {
      headers.put("Origin", origin);
      assertThat(authenticate()).as(origin).isNull();
      assertThat(status).as(origin).isEqualTo(403);
    }
  }

  @Test
  void another_host_is_refused() {
    address = "192.0.2.7";
    assertThat(authenticate()).isNull();
    assertThat(status).isEqualTo(403);
  }

  @Test
  void the_password_is_random_stays_and_is_closed_to_others() throws IOException {
    String first = password();
    assertThat(first).hasSize(32);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
        .isEqualTo("rwx------");
    access = new OwnerAccess(new Directories(state));
    assertThat(password()).isEqualTo(first);
    assertThat(authenticate()).isEqualTo("banger");
    Files.delete(file);
    access = new OwnerAccess(new Directories(state));
    assertThat(password()).hasSize(32).isNotEqualTo(first);
  }

  @Test
  void an_empty_password_lets_nobody_in() throws IOException {
    Files.writeString(file, "\n");
    headers.put("Authorization", basic("banger", ""));
    assertThat(authenticate()).isNull();
  }

  private String password() throws IOException {
    return Files.readString(file).strip();
  }

  private static String basic(String user, String password) {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  private Object authenticate() {
    return access.authenticate(
        (HttpServletRequest)
            Proxy.newProxyInstance(
                OwnerAccessTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (self, method, arguments) ->
                    switch (method.getName()) {
                      case "getHeader" -> headers.get(arguments[0]);
                      case "getRemoteAddr" -> address;
                      case "getLocalPort" -> 8187;
                      default -> throw new UnsupportedOperationException(method.getName());
                    }),
        (HttpServletResponse)
            Proxy.newProxyInstance(
                OwnerAccessTest.class.getClassLoader(),
                new Class<?>[] {HttpServletResponse.class},
                (self, method, arguments) -> {
                  switch (method.getName()) {
                    case "sendError" -> status = (int) arguments[0];
                    case "setHeader" -> answered.put((String) arguments[0], (String) arguments[1]);
                    default -> throw new UnsupportedOperationException(method.getName());
                  }
                  return null;
                }));
  }

  record Directories(Path state) implements BangerDirectories {
    @Override
    public Path configuration() {
      return state;
    }

    @Override
    public Path cache() {
      return state;
    }

    @Override
    public Path run() {
      return state;
    }
  }
}
