// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import java.security.PublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import net.schmizz.sshj.common.Buffer;
import net.schmizz.sshj.transport.verification.HostKeyVerifier;

/** Accepts the one host key that a machine was given. */
final class HostKey implements HostKeyVerifier {
  private final byte[] expected;

  /**
   * @param publicLine {@code ssh-ed25519 BASE64 COMMENT}
   */
  HostKey(String publicLine) {
    this.expected = Base64.getDecoder().decode(publicLine.split(" ", -1)[1]);
  }

  @Override
  public boolean verify(String hostname, int port, PublicKey key) {
    byte[] offered = new Buffer.PlainBuffer().putPublicKey(key).getCompactData();
    return Arrays.equals(expected, offered);
  }

  @Override
  public List<String> findExistingAlgorithms(String hostname, int port) {
    return List.of("ssh-ed25519");
  }
}
