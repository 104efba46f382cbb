// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hostservice.JacksonJson;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleEvent;

/** How its socket comes, is left to a successor, and goes. */
@Timeout(60)
class RpcServerLifeTest extends ServedSocket {
  @Test
  void refuses_another_user() throws Exception {
    server.close();
    server = start(channel -> false);
    assertThat(call("version", "{}").error()).isEqualTo("unauthorized");
  }

  @Test
  void refuses_to_replace_a_living_socket_and_replaces_a_dead_one() throws Exception {
    assertThatThrownBy(() -> start(channel -> true))
        .hasMessageContaining("another daemon answers")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.IN_USE);
    assertAlive();
    server.close();
    assertThat(socket).doesNotExist();
    try (ServerSocketChannel killed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      killed.bind(UnixDomainSocketAddress.of(socket));
    }
    assertThat(socket).exists();
    server = start(new OwnerAndRoot(directory));
    assertAlive();
    server.close();
    Files.writeString(socket, "precious");
    assertThatThrownBy(() -> start(channel -> true)).hasMessageContaining("not a socket");
    assertThat(socket).hasContent("precious");
    Files.delete(socket);
  }

  @Test
  void a_socket_that_was_removed_is_made_anew_and_what_is_served_goes_on() throws Exception {
    server.close();
    Path run = directory.resolve("run");
    Files.createDirectory(run);
    socket = run.resolve("bangerd.sock");
    server = start(channel -> true);
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch finish = new CountDownLatch(1);
    command(
        (argv, console) -> {
          running.countDown();
          finish.await();
          return 7;
        });
    try (TestClient slow = new TestClient(socket)) {
      slow.request("command.run", "{\"argv\":[\"slow\"]}");
      running.await();
      // In one step: the server looks after its socket by itself, too.
      Files.move(run, directory.resolve("gone"));
      server.reappear();
      assertAlive();
      server.reappear(); // it is there
      assertAlive();
      finish.countDown();
      assertThat(slow.answer().result()).isEqualTo(Map.of("exit_status", 7));
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(run)))
        .isEqualTo("rwx------");
    server.close();
    assertThat(socket).doesNotExist();
  }

  @Test
  void a_socket_is_not_made_anew_where_others_may_enter() throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.delete(socket);
    server.reappear();
    assertThat(socket).doesNotExist();
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    server.reappear();
    assertAlive();
  }

  @Test
  void leaves_its_socket_to_a_successor_so_that_no_client_is_refused_and_none_is_cut_off()
      throws Exception {
    SocketHandover handover = SocketHandover.none();
    server.close();
    server = successor(handover);
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch finish = new CountDownLatch(1);
    command(
        (argv, console) -> {
          running.countDown();
          finish.await();
          return 7;
        });
    try (TestClient slow = new TestClient(socket)) {
      slow.request("command.run", "{\"argv\":[\"slow\"]}");
      running.await();
      server.close();
      try (TestClient between = new TestClient(socket)) {
        between.request("version", "{}");
        assertThat(socket).exists();
        server = successor(handover);
        assertThat(between.answer().result()).isEqualTo(Map.of("version", "1.2.3", "protocol", 1));
      }
      finish.countDown();
      assertThat(slow.answer().result()).isEqualTo(Map.of("exit_status", 7));
    }
    server.close();
    server = successor(handover);
    assertAlive();
    server.close();
    handover.take().orElseThrow().close();
  }

  private RpcServer successor(SocketHandover handover) throws IOException {
    return successor(handover, Departure.UPDATE, Duration.ofMillis(50));
  }

  private RpcServer successor(SocketHandover handover, Departure departure, Duration young)
      throws IOException {
    return new RpcServer(
        socket,
        channel -> true,
        services,
        operations,
        new JacksonJson(),
        "1.2.3",
        handover,
        () -> departure,
        young);
  }

  @Test
  void young_requests_are_waited_for_when_the_servers_code_goes() throws Exception {
    CountDownLatch finish = new CountDownLatch(1);
    leaves(
        Departure.UPDATE,
        finish,
        closer -> {
          while (closer.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
          }
          finish.countDown();
          closer.join();
        });
  }

  @Test
  void no_request_is_waited_for_when_only_a_service_that_the_server_uses_goes() throws Exception {
    CountDownLatch finish = new CountDownLatch(1);
    leaves(
        Departure.RENEWAL,
        finish,
        closer -> {
          closer.join();
          finish.countDown();
        });
  }

  private interface Leave {
    void during(Thread closer) throws InterruptedException;
  }

  /** A server leaves that serves a request which is young for long. */
  private void leaves(Departure departure, CountDownLatch finish, Leave leave) throws Exception {
    SocketHandover handover = SocketHandover.none();
    server.close();
    server = successor(handover, departure, Duration.ofHours(1));
    CountDownLatch running = new CountDownLatch(1);
    command(
        (argv, console) -> {
          running.countDown();
          finish.await();
          return 7;
        });
    try (TestClient client = new TestClient(socket)) {
      client.request("command.run", "{\"argv\":[\"young\"]}");
      running.await();
      Thread closer = new Thread(server::close);
      closer.start();
      leave.during(closer);
      assertThat(client.answer().result()).isEqualTo(Map.of("exit_status", 7));
    }
    handover.take().orElseThrow().close();
  }

  @Test
  void lets_a_request_end_and_cancels_the_rest_when_it_stops() throws Exception {
    CountDownLatch running = new CountDownLatch(2);
    CountDownLatch stopping = new CountDownLatch(1);
    command(
        (argv, console) -> {
          running.countDown();
          if (argv.get(0).equals("quick")) {
            stopping.await();
            return 7;
          }
          console.operation().await(() -> false, Duration.ofSeconds(30));
          return 0;
        });
    try (TestClient quick = new TestClient(socket);
        TestClient slow = new TestClient(socket)) {
      quick.request("command.run", "{\"argv\":[\"quick\"]}");
      slow.request("command.run", "{\"argv\":[\"slow\"]}");
      running.await();
      Thread closer = new Thread(server::close);
      closer.start();
      while (Files.exists(socket)) {
        Thread.onSpinWait();
      }
      stopping.countDown();
      assertThat(quick.answer().result()).isEqualTo(Map.of("exit_status", 7));
      quick.close();
      TestClient.Answer cancelled = slow.answer();
      assertThat(cancelled.error()).isEqualTo("cancelled");
      assertThat(cancelled.message()).contains("being stopped");
      slow.close();
      closer.join();
    }
    assertThat(operations.list()).isEmpty();
  }

  @Test
  void ends_requests_when_the_framework_begins_to_stop_and_not_when_a_bundle_does()
      throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    command(
        (argv, console) -> {
          running.countDown();
          console.operation().await(() -> false, Duration.ofSeconds(30));
          return 0;
        });
    try (TestClient client = new TestClient(socket)) {
      client.request("command.run", "{\"argv\":[\"slow\"]}");
      running.await();
      server.frameworkChanges(new BundleEvent(BundleEvent.STOPPING, bundle(7)));
      server.frameworkChanges(new BundleEvent(BundleEvent.UPDATED, bundle(0)));
      assertThat(operations.running()).isEqualTo(1);
      Thread stopping =
          new Thread(
              () -> server.frameworkChanges(new BundleEvent(BundleEvent.STOPPING, bundle(0))));
      stopping.start();
      assertThat(client.answer().error()).isEqualTo("cancelled");
      client.close();
      stopping.join();
    }
    assertThat(operations.list()).isEmpty();
    assertThat(socket).doesNotExist();
  }

  private static Bundle bundle(long id) {
    return (Bundle)
        Proxy.newProxyInstance(
            Bundle.class.getClassLoader(),
            new Class<?>[] {Bundle.class},
            (proxy, method, arguments) -> method.getName().equals("getBundleId") ? id : null);
  }
}
