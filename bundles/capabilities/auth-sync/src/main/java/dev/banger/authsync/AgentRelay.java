// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecRequest;
import dev.banger.guest.ExecStreams;
import dev.banger.guest.GuestService;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of the relay program in a guest, and the host's end of it. What the guest says is
 * hostile: its clients, their requests and what waits for them are bounded, and {@link
 * AgentRequest} says what may reach the agent.
 */
final class AgentRelay implements ExecStreams {
  private static final Logger LOG = LoggerFactory.getLogger(AgentRelay.class);

  /** The relay has 16 (docs/guest-agent.md); some that it knows to be over may still end here. */
  static final int MOST_CLIENTS = 32;

  private static final String PROGRAM = "/run/banger/bin/banger-agent";
  private static final String SOCKET = "/run/banger/ssh-agent.sock";

  /** The program's status when it does not know what is asked of it. */
  private static final int UNKNOWN = 2;

  private final HostAgent agent;
  private final Runnable onListening;
  private final RelayInput toGuest = new RelayInput();
  private final GuestWords words = new GuestWords();
  private final Map<Integer, AgentClient> clients = new ConcurrentHashMap<>();

  private volatile boolean listening;

  /**
   * @param onListening called when programs in the guest can use it
   */
  AgentRelay(HostAgent agent, Runnable onListening) {
    this.agent = agent;
    this.onListening = onListening;
  }

  /**
   * Runs it to its end.
   *
   * @throws BangerException how it ended; it does so only when the operation or the guest ends
   */
  void run(GuestService guests, String vmId, Operation operation) {
    ExecRequest request =
        new ExecRequest(
            List.of(PROGRAM, "--relay-ssh-agent", SOCKET), Map.of(), "/", null, null, true);
    // The thread that delivers what the guest says may be waiting for what it is told.
    try (Operation.Registration cancelled = operation.onCancel(toGuest::close)) {
      int status = guests.exec(vmId, request, this, operation);
      throw status == UNKNOWN && !listening ? tooOld() : ended(status);
    } finally {
      toGuest.close();
      clients.values().forEach(AgentClient::abandon);
    }
  }

  private static BangerException tooOld() {
    return new BangerException(
        ErrorCode.BAD_VERSION,
        "the guest was started by an older version, which cannot use the ssh agent; restart it with: banger vm restart");
  }

  private BangerException ended(int status) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "the relay of the ssh agent ended in the guest (status %d): %s"
            .formatted(status, words.text()));
  }

  private void said(int id, byte[] payload) throws IOException {
    if (id == 0) {
      listening = true;
      onListening.run();
      return;
    }
    AgentClient client = clients.get(id);
    if (payload.length > 0) {
      (client == null ? begin(id) : client).say(payload);
    } else if (client != null) {
      client.endRequests();
      settle(id, client);
    } else {
      tell(id, payload);
    }
  }

  private AgentClient begin(int id) throws IOException {
    if (clients.size() >= MOST_CLIENTS) {
      throw new IOException("the guest has more than %d clients".formatted(MOST_CLIENTS));
    }
    AgentClient client = new AgentClient(agent);
    clients.put(id, client);
    Thread thread = new Thread(() -> serve(id, client), "ssh-agent-client");
    thread.setDaemon(true);
    thread.start();
    return client;
  }

  private void serve(int id, AgentClient client) {
    try {
      client.serve(answer -> toGuest.tell(id, answer));
      // Before the guest hears of it: only then may it use the place again.
      settle(id, client);
      toGuest.tell(id, new byte[0]);
    } catch (IOException e) {
      LOG.debug("the relay ended before its client {}", id, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Until both sides have said all, what the guest says is of this client, not of another one. */
  private void settle(int id, AgentClient client) {
    if (client.settled()) {
      clients.remove(id, client);
    }
  }

  private void tell(int id, byte[] payload) throws IOException {
    try {
      toGuest.tell(id, payload);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public InputStream stdin() {
    return toGuest;
  }

  @Override
  public OutputStream stdout() {
    return new RelayFrames(this::said);
  }

  @Override
  public OutputStream stderr() {
    return words;
  }
}
