// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.operation.Operation;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Map;

/**
 * The first exchange of a connection: the host sends a nonce and drops every byte before the reply
 * that repeats it, for those belong to an earlier connection.
 */
final class AgentHello {
  private static final SecureRandom RANDOM = new SecureRandom();

  /** u32 length, u32 stream 0, u8 type, u32 version, nonce. */
  private static final int PREFIX_BYTES = 9 + Integer.BYTES + AgentProtocol.NONCE_BYTES;

  private final byte[] nonce = new byte[AgentProtocol.NONCE_BYTES];

  AgentHello() {
    RANDOM.nextBytes(nonce);
  }

  /** The payload of HELLO. */
  byte[] payload() {
    return ByteBuffer.allocate(Integer.BYTES + nonce.length)
        .putInt(AgentProtocol.VERSION)
        .put(nonce)
        .array();
  }

  /** Whether a HELLO_REPLY's payload answers this HELLO. */
  private boolean isAnswer(ByteBuffer window) {
    int length = window.getInt(0);
    return window.getInt(4) == 0
        && (window.get(8) & 0xff) == AgentProtocol.HELLO_REPLY
        && length >= Integer.BYTES + nonce.length
        && length <= AgentProtocol.LARGEST_PAYLOAD
        && Arrays.equals(
            window.array(), PREFIX_BYTES - nonce.length, PREFIX_BYTES, nonce, 0, nonce.length);
  }

  /**
   * Reads up to the end of the reply.
   *
   * @return what the guest says about itself
   */
  Reply await(InputStream in, Operation operation) throws IOException {
    byte[] window = new byte[PREFIX_BYTES];
    ByteBuffer view = ByteBuffer.wrap(window);
    int known = 0;
    while (known < PREFIX_BYTES || !isAnswer(view)) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("the guest's channel was closed before its agent answered");
      }
      if (known == PREFIX_BYTES) {
        System.arraycopy(window, 1, window, 0, PREFIX_BYTES - 1);
        window[PREFIX_BYTES - 1] = (byte) next;
        operation.check();
      } else {
        window[known++] = (byte) next;
      }
    }
    int version = view.getInt(9);
    int rest = view.getInt(0) - Integer.BYTES - nonce.length;
    byte[] fields = in.readNBytes(rest);
    if (fields.length < rest) {
      throw new EOFException("the guest's channel was closed within its agent's answer");
    }
    if (version != AgentProtocol.VERSION) {
      throw new IOException(
          "the guest's agent speaks version "
              + Integer.toUnsignedString(version)
              + " of the protocol, not "
              + AgentProtocol.VERSION);
    }
    var parsed = AgentFields.parse(fields, 0);
    return new Reply(
        AgentFields.text(parsed, AgentProtocol.FIELD_BOOT_ID, ""),
        AgentFields.text(parsed, AgentProtocol.FIELD_AGENT_VERSION, ""));
  }

  /**
   * What a guest says about itself.
   *
   * @param bootId the kernel's boot id
   * @param agentVersion the agent's build
   */
  record Reply(String bootId, String agentVersion) {
    private static final String BOOT_ID = "bootId";
    private static final String AGENT_VERSION = "agentVersion";

    /** The same as {@link #fields} gave it. */
    static Reply of(Map<String, String> fields) {
      return new Reply(fields.get(BOOT_ID), fields.get(AGENT_VERSION));
    }

    Map<String, String> fields() {
      return Map.of(BOOT_ID, bootId, AGENT_VERSION, agentVersion);
    }
  }
}
