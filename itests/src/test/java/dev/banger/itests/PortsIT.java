// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ports of real guests that are published on the host. */
@Timeout(900)
class PortsIT {
  private static final Duration SOON = Duration.ofMinutes(1);

  /** Answers each connection to a port of the guest with that port's number. */
  private static final String SERVER =
      """
      use IO::Socket::INET;
      for my $port (@ARGV) {
        next if fork;
        my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 9, ReuseAddr => 1) or die;
        while (my $client = $server->accept) { print $client "guest $port"; close $client }
      }
      """;

  private static Installation banger;

  @BeforeAll
  static void install() {
    banger = new Installation();
  }

  @AfterAll
  static void uninstall() {
    banger.close();
  }

  @AfterEach
  void delete_what_a_failed_scenario_left() {
    for (JsonNode vm : banger.json("vm", "list")) {
      banger.banger("vm", "delete", vm.get("name").asText());
    }
  }

  @Test
  void ports_are_published_withdrawn_and_kept_for_the_life_of_a_machine() throws IOException {
    int chosenByUs = FreePort.any();
    banger.succeed(
        "vm", "run", "-d", "--name", "web", "-p", "0:80", "--publish", chosenByUs + ":81");
    serve("web", 80, 81, 82);
    int chosen = banger.json("vm", "show", "web").at("/ports/0/host_port").asInt();
    awaitAnswer(chosen, "guest 80");
    awaitAnswer(chosenByUs, "guest 81");
    assertThat(banger.succeed("vm", "ports", "web")).contains("http://127.0.0.1:" + chosen);

    int added = FreePort.any();
    assertThat(banger.succeed("vm", "ports", "add", "web", added + ":82"))
        .contains("127.0.0.1:" + added + ":82\n");
    awaitAnswer(added, "guest 82");
    banger.succeed("vm", "ports", "remove", "web", Integer.toString(chosenByUs));
    assertThat(answer(chosenByUs)).isEmpty();
    assertThat(banger.json("vm", "show", "web").get("ports")).hasSize(2);
    assertThat(banger.succeed("events", "--vm", "web")).contains(added + ":82");

    banger.killDaemon();
    awaitAnswer(added, "guest 82");
    assertThat(banger.json("vm", "show", "web").get("ports")).hasSize(2);
    awaitAnswer(added, "guest 82");
    banger.succeed("vm", "ports", "add", "web", added + ":82");
    awaitAnswer(chosen, "guest 80");

    banger.succeed("vm", "restart", "web");
    serve("web", 80, 82);
    awaitAnswer(chosen, "guest 80");
    awaitAnswer(added, "guest 82");
    banger.succeed("vm", "delete", "web");
    assertThat(answer(added)).isEmpty();
    banger.assertNoMachineLeft();
  }

  @Test
  void a_port_that_is_taken_is_told_and_changes_nothing() throws IOException {
    banger.succeed("vm", "run", "-d", "--name", "first", "-p", "0:80");
    JsonNode first = banger.json("vm", "show", "first");
    String taken = first.at("/ports/0/host_port").asText();

    refused("vm \"first\"", "vm", "create", "--name", "second", "-p", taken + ":80");
    assertThat(banger.json("vm", "list")).hasSize(1);
    try (ServerSocket program = new ServerSocket(0, 1, loopback())) {
      String theirs = Integer.toString(program.getLocalPort());
      refused(theirs, "vm", "ports", "add", "first", theirs + ":81");
      assertThat(banger.json("vm", "show", "first")).isEqualTo(first);
      refused(theirs, "vm", "create", "--name", "second", "-p", theirs + ":80");
      assertThat(banger.json("vm", "show", "second").get("state").asText()).isEqualTo("error");
    }
    banger.succeed("vm", "start", "second");
  }

  private static void refused(String word, String... command) {
    Outcome refused = banger.banger(command);
    assertThat(refused.status()).as(refused::toString).isEqualTo(1);
    assertThat(refused.stderr()).contains(word, "(op-");
  }

  private static void serve(String vm, int... ports) {
    StringBuilder words = new StringBuilder();
    for (int port : ports) {
      words.append(' ').append(port);
    }
    Outcome served =
        banger.bangerReading(
            SERVER,
            "vm",
            "exec",
            vm,
            "--",
            "sh",
            "-c",
            "cat > /run/serve.pl; setsid perl /run/serve.pl" + words + " > /dev/null 2>&1 &");
    assertThat(served.status()).as(served::toString).isZero();
  }

  private static void awaitAnswer(int port, String expected) {
    Installation.await("an answer at port " + port, SOON, () -> answer(port).equals(expected));
  }

  /** What is said at a port of the host; empty when nothing is. */
  private static String answer(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(loopback(), port), 5_000);
      socket.setSoTimeout(5_000);
      InputStream said = socket.getInputStream();
      return new String(said.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return "";
    }
  }

  private static InetAddress loopback() throws IOException {
    return InetAddress.getByName("127.0.0.1");
  }
}
