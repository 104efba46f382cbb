// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AgentRelaysTest {
  private static final byte[] FAILURE = FakeAgent.message(5);
  private static final byte[] SIGN = FakeAgent.message(13, 7, 8, 9);
  private static final byte[] SIGNED = FakeAgent.message(14, 7, 8, 9);

  @TempDir private Path directory;
  private final FakeGuests guests = new FakeGuests();
  private final FakeRelay relay = new FakeRelay();
  private final AgentRelays relays = new AgentRelays(guests);
  private final Vm web = AuthSyncTest.vm(Path.of("/absent"));
  private FakeAgent agent;

  @BeforeEach
  void begin() throws IOException {
    agent = new FakeAgent(directory.resolve("agent"));
    guests.relay = relay;
    relays.begin(web, new HostAgent(agent.socket()), operation());
  }

  @AfterEach
  void end() throws IOException {
    agent.consent.countDown();
    relays.close();
    agent.close();
  }

  @Test
  void clients_list_keys_and_sign_each_with_its_own_answers() throws Exception {
    relay.say(1, FakeAgent.LIST);
    expect(1, FakeAgent.NO_KEYS);
    relay.say(2, SIGN);
    expect(2, SIGNED);
    relay.say(1, SIGN);
    expect(1, SIGNED);
    relay.say(2, extension("session-bind@openssh.com"));
    expect(2, FakeAgent.message(6));
    assertThat(agent.types).containsExactly(11, 13, 13, 27);
  }

  @Test
  void nothing_else_reaches_the_agent() throws Exception {
    for (int type = 0; type < 256; type++) {
      if (type != 11 && type != 13) {
        relay.say(1, FakeAgent.message(type, 0, 0, 0, 0));
        expect(1, FAILURE);
      }
    }
    for (String name : new String[] {"", "query", "session-bind@openssh.con", "x".repeat(99)}) {
      relay.say(1, extension(name));
      expect(1, FAILURE);
    }
    relay.say(1, FakeAgent.message(11, 0));
    expect(1, FAILURE);
    assertThat(agent.types).isEmpty();

    relay.say(1, FakeAgent.LIST);
    expect(1, FakeAgent.NO_KEYS);
  }

  @Test
  void requests_come_in_any_pieces() throws Exception {
    for (byte each : SIGN) {
      relay.say(1, new byte[] {each});
    }
    expect(1, SIGNED);
    byte[] two = ByteBuffer.allocate(13).put(FakeAgent.LIST).put(SIGN).array();
    relay.say(1, two);
    expect(1, FakeAgent.NO_KEYS);
    expect(1, SIGNED);
  }

  @Test
  void a_signature_that_waits_for_consent_holds_up_nobody_else() throws Exception {
    agent.consent = new CountDownLatch(1);
    relay.say(1, SIGN);
    assertThat(agent.signing.await(20, TimeUnit.SECONDS)).isTrue();
    relay.say(2, FakeAgent.LIST);
    expect(2, FakeAgent.NO_KEYS);
    agent.consent.countDown();
    expect(1, SIGNED);
  }

  @Test
  void a_client_that_has_said_all_gets_its_answers_and_then_its_end() throws Exception {
    relay.say(1, SIGN);
    relay.say(1, FakeRelay.END);
    expect(1, SIGNED);
    expect(1, FakeRelay.END);
    relay.say(2, FakeRelay.END);
    expect(2, FakeRelay.END);
  }

  @Test
  void a_client_that_says_what_is_impossible_is_ended_and_the_others_are_served() throws Exception {
    relay.say(1, new byte[] {0, 4, 0, 1});
    expect(1, FakeRelay.END);
    relay.say(2, new byte[] {-1, -1, -1, -1, 11});
    expect(2, FakeRelay.END);
    relay.say(3, new byte[4]);
    expect(3, FakeRelay.END);
    relay.say(4, FakeAgent.LIST);
    expect(4, FakeAgent.NO_KEYS);
  }

  @Test
  void what_an_ended_client_still_says_is_not_taken_for_another_clients() throws Exception {
    for (int id = 1; id <= 2 * AgentRelay.MOST_CLIENTS; id++) {
      relay.say(id, new byte[4]);
      expect(id, FakeRelay.END);
      relay.say(id, FakeAgent.LIST);
      relay.say(id, FakeRelay.END);
    }
    relay.say(99, FakeAgent.LIST);
    expect(99, FakeAgent.NO_KEYS);
    assertThat(agent.types).containsExactly(11);
  }

  @Test
  void the_largest_request_is_answered_and_more_at_once_is_the_clients_end() throws Exception {
    byte[] large = new byte[4 + HostAgent.LARGEST_MESSAGE];
    ByteBuffer.wrap(large).putInt(HostAgent.LARGEST_MESSAGE).put((byte) 13);
    sayInPieces(1, large);
    assertThat(relay.next().payload()).hasSize(large.length);

    agent.consent = new CountDownLatch(1);
    for (int i = 0; i < 3; i++) {
      sayInPieces(2, large);
    }
    expectEnd(2);
    relay.say(3, FakeAgent.LIST);
    expect(3, FakeAgent.NO_KEYS);
  }

  @Test
  void many_small_requests_that_nobody_waits_for_are_the_clients_end() throws Exception {
    agent.consent = new CountDownLatch(1);
    for (int i = 0; i < 66; i++) {
      relay.say(1, SIGN);
    }
    expectEnd(1);
  }

  @Test
  void more_clients_than_a_relay_has_and_frames_larger_than_it_makes_end_it() throws Exception {
    for (int id = 1; id <= AgentRelay.MOST_CLIENTS; id++) {
      relay.say(id, FakeAgent.LIST);
    }
    assertThatThrownBy(() -> relay.say(99, FakeAgent.LIST)).hasMessageContaining("clients");
    Set<Integer> answered = new HashSet<>();
    for (int id = 1; id <= AgentRelay.MOST_CLIENTS; id++) {
      answered.add(relay.next().id());
    }
    assertThat(answered).hasSize(AgentRelay.MOST_CLIENTS);
    assertThatThrownBy(() -> relay.say(1, new byte[RelayFrames.LARGEST_PAYLOAD + 1]))
        .isInstanceOf(IOException.class);
  }

  @Test
  void random_bytes_do_no_harm() throws Exception {
    Random random = new Random(5);
    for (int round = 0; round < 300; round++) {
      RelayFrames frames =
          new RelayFrames((id, payload) -> assertThat(payload.length).isLessThanOrEqualTo(65536));
      AgentRequests requests = new AgentRequests();
      byte[] bytes = new byte[random.nextInt(300)];
      random.nextBytes(bytes);
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = random.nextInt(3) == 0 ? bytes[i] : 0;
      }
      assertThatCode(() -> onlyRefused(() -> frames.write(bytes))).doesNotThrowAnyException();
      assertThatCode(() -> onlyRefused(() -> requests.add(bytes))).doesNotThrowAnyException();
    }
  }

  private interface Work {
    void run() throws IOException;
  }

  private static void onlyRefused(Work work) {
    try {
      work.run();
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("guest");
    }
  }

  @Test
  void an_agent_that_is_absent_is_a_failure_until_it_comes() throws Exception {
    agent.close();
    relay.say(1, FakeAgent.LIST);
    expect(1, FAILURE);
    agent = new FakeAgent(directory.resolve("agent"));
    relay.say(1, FakeAgent.LIST);
    expect(1, FakeAgent.NO_KEYS);
  }

  @Test
  void the_end_closes_what_waits_for_the_agent() throws Exception {
    agent.consent = new CountDownLatch(1);
    relay.say(1, SIGN);
    assertThat(agent.signing.await(20, TimeUnit.SECONDS)).isTrue();

    relays.end(web.id());
    assertThat(relay.isOver()).isTrue();
    agent.consent.countDown();
    assertThat(agent.closed.await(20, TimeUnit.SECONDS)).isTrue();
    relays.end(web.id());
    assertThat(relay.runs).hasValue(1);
  }

  @Test
  void a_relay_that_ends_by_itself_is_run_again() throws Exception {
    relay.end();
    Operation.background()
        .within(Duration.ofSeconds(20))
        .await(() -> relay.runs.get() == 2 && !relay.isOver(), Duration.ofMillis(5));
    relay.say(1, FakeAgent.LIST);
    expect(1, FakeAgent.NO_KEYS);
    assertThat(relays.problems()).isEmpty();
  }

  @Test
  void a_guest_that_cannot_is_told_of_and_one_that_is_gone_is_left_alone() {
    guests.relay = FakeRelay.ending(1);
    assertThatThrownBy(() -> relays.begin(web, new HostAgent(agent.socket()), operation()))
        .hasMessageContaining("status 1");
    assertThat(relays.problems()).singleElement().asString().contains("\"web\"", "status 1");

    guests.failure = ErrorCode.NOT_RUNNING;
    assertThatThrownBy(() -> relays.begin(web, new HostAgent(agent.socket()), operation()))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_RUNNING));
  }

  private void sayInPieces(int id, byte[] bytes) throws IOException {
    for (int at = 0; at < bytes.length; at += 16384) {
      relay.say(id, Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 16384)));
    }
  }

  private static byte[] extension(String name) {
    byte[] text = name.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(9 + text.length)
        .putInt(5 + text.length)
        .put((byte) 27)
        .putInt(text.length)
        .put(text)
        .array();
  }

  /** What was being asked when it came is answered as a failure. */
  private void expectEnd(int id) throws InterruptedException {
    FakeRelay.Told told = relay.next();
    if (told.payload().length > 0) {
      assertThat(told.payload()).isEqualTo(FAILURE);
      told = relay.next();
    }
    assertThat(told.id()).isEqualTo(id);
    assertThat(told.payload()).isEmpty();
  }

  private void expect(int id, byte[] payload) throws InterruptedException {
    FakeRelay.Told told = relay.next();
    assertThat(told.payload()).isEqualTo(payload);
    assertThat(told.id()).isEqualTo(id);
  }

  private static Operation operation() {
    return Operation.background();
  }
}
