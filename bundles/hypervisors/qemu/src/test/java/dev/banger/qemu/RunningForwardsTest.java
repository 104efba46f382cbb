// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.PortForward;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunningForwardsTest {
  private static final PortForward WEB = new PortForward("127.0.0.1", 8080, 80);
  private static final String TAKEN = "could not set up host forwarding rule";

  /** What QEMU 7.2 answers, with a connection of the guest beside the forwards. */
  private static final String FORWARDS =
      """
      Hub -1 (n0):
        Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
        TCP[ESTABLISHED]   21       10.0.2.15 45120       127.0.0.1  8080     0     0
        TCP[HOST_FORWARD]  12       127.0.0.1  8080       10.0.2.15    80     0     0
        TCP[HOST_FORWARD]  13               *  9090       10.0.2.15    90     0     0
        UDP[236 sec]       30       10.0.2.15 33012        10.0.2.3    53     0     0
      """;

  @TempDir Path directory;

  @Test
  void a_new_forward_is_added() throws Exception {
    try (FakeQmp server = FakeQmp.on(socket(), FakeQmp.GREETING, said("{}"), answer(""))) {
      add(WEB);

      server.awaitDisconnection();
      assertThat(server.requests().get(1).findValue("command-line").asText())
          .isEqualTo("hostfwd_add n0 tcp:127.0.0.1:8080-:80");
    }
  }

  @Test
  void a_forward_that_is_there_is_left_as_it_is() throws Exception {
    assertThatCode(() -> refusedThenListed(WEB)).doesNotThrowAnyException();
    assertThatCode(() -> refusedThenListed(new PortForward("0.0.0.0", 9090, 90)))
        .doesNotThrowAnyException();
  }

  @Test
  void a_port_that_leads_elsewhere_or_is_anothers_is_refused() {
    refused(new PortForward("127.0.0.1", 8080, 81));
    refused(new PortForward("0.0.0.0", 8080, 80));
    refused(new PortForward("127.0.0.1", 8081, 80));
    refused(new PortForward("127.0.0.1", 45_120, 8080));
  }

  private void refused(PortForward forward) {
    assertThatThrownBy(() -> refusedThenListed(forward))
        .hasMessageContaining(Integer.toString(forward.hostPort()))
        .hasMessageContaining(TAKEN)
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS));
  }

  private void refusedThenListed(PortForward forward) throws IOException {
    try (FakeQmp server =
        FakeQmp.on(socket(), FakeQmp.GREETING, said("{}"), answer(TAKEN), answer(FORWARDS))) {
      add(forward);
    }
  }

  private void add(PortForward forward) {
    try (QmpClient qmp = QmpClient.connect(directory.resolve("qmp" + sockets), operation())) {
      new RunningForwards(qmp).add(forward);
    }
  }

  private static Operation operation() {
    return Operation.background();
  }

  private int sockets;

  private Path socket() {
    sockets++;
    return directory.resolve("qmp" + sockets);
  }

  private static String answer(String text) throws JsonProcessingException {
    return new ObjectMapper().writeValueAsString(Map.of("return", text)) + "\n";
  }

  private static String said(String value) {
    return "{\"return\": " + value + "}\n";
  }
}
