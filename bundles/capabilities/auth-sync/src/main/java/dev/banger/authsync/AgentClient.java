// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One program in a guest that uses the ssh agent: a connection of its own to the agent, and a
 * thread, since a signature may wait for the owner's consent.
 */
final class AgentClient {
  private static final Logger LOG = LoggerFactory.getLogger(AgentClient.class);

  private final AgentRequests requests = new AgentRequests();
  private final HostAgent agent;
  private volatile boolean requestsEnded;
  private volatile boolean served;
  private SocketChannel channel;
  private boolean abandoned;

  AgentClient(HostAgent agent) {
    this.agent = agent;
  }

  /** Whoever takes the answers. */
  @FunctionalInterface
  interface Answers {
    void tell(byte[] answer) throws IOException, InterruptedException;
  }

  /** Takes what the program says; what no honest one would say is its end. */
  void say(byte[] piece) {
    try {
      requests.add(piece);
    } catch (IOException e) {
      LOG.warn("{}; it is heard no longer", e.getMessage());
      abandon();
    }
  }

  /** The program says nothing more and may still wait for answers. */
  void endRequests() {
    requestsEnded = true;
    requests.end();
  }

  /** Whether the program says nothing more and no answer is to come. */
  boolean settled() {
    return requestsEnded && served;
  }

  /** Answers all requests and returns after the last. */
  void serve(Answers answers) {
    try {
      for (AgentRequest request = requests.take(); request != null; request = requests.take()) {
        answers.tell(request.permitted() ? forward(request) : AgentRequest.failure());
      }
    } catch (IOException e) {
      LOG.debug("a client of the ssh agent ends", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      abandon();
      served = true;
    }
  }

  private byte[] forward(AgentRequest request) {
    try {
      return HostAgent.ask(connected(), request.bytes());
    } catch (IOException e) {
      LOG.debug("the ssh agent {} does not answer", agent.socket(), e);
      disconnect();
      return AgentRequest.failure();
    }
  }

  private SocketChannel connected() throws IOException {
    synchronized (this) {
      if (channel != null) {
        return channel;
      }
    }
    SocketChannel fresh = agent.connect();
    synchronized (this) {
      if (abandoned) {
        fresh.close();
        throw new IOException("it was abandoned");
      }
      channel = fresh;
      return fresh;
    }
  }

  /** Ends all, also what waits for the agent. */
  void abandon() {
    requests.abandon();
    synchronized (this) {
      abandoned = true;
    }
    disconnect();
  }

  private synchronized void disconnect() {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      LOG.debug("closing a connection to the ssh agent failed", e);
    }
    channel = null;
  }
}
