// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A message of a guest for the ssh agent (draft-ietf-sshm-ssh-agent), with its length in front.
 *
 * @param bytes at least five
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record AgentRequest(byte[] bytes) {
  private static final int REQUEST_IDENTITIES = 11;
  private static final int SIGN_REQUEST = 13;
  private static final int EXTENSION = 27;
  private static final int TYPE = Integer.BYTES;

  /**
   * Tells the agent for which host a connection signs, so that it can keep to its owner's rules.
   */
  private static final String SESSION_BIND = "session-bind@openssh.com";

  /** SSH_AGENT_FAILURE. */
  private static final byte[] FAILURE = {0, 0, 0, 1, 5};

  /** The answer to what is not passed on, or could not be. */
  static byte[] failure() {
    return FAILURE.clone();
  }

  /**
   * Whether it may reach the agent: it lists keys or signs. What would change the agent, and what
   * is not known, may not.
   */
  boolean permitted() {
    return switch (bytes[TYPE]) {
      case REQUEST_IDENTITIES -> bytes.length == TYPE + 1;
      case SIGN_REQUEST -> true;
      case EXTENSION -> extension().equals(SESSION_BIND);
      default -> false;
    };
  }

  private String extension() {
    ByteBuffer rest = ByteBuffer.wrap(bytes, TYPE + 1, bytes.length - TYPE - 1);
    if (rest.remaining() < Integer.BYTES) {
      return "";
    }
    int length = rest.getInt();
    if (length != SESSION_BIND.length() || length > rest.remaining()) {
      return "";
    }
    return new String(bytes, rest.position(), length, StandardCharsets.US_ASCII);
  }
}
