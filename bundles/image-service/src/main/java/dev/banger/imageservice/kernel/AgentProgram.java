// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.storage.FileDigest;
import dev.banger.imageservice.storage.StorageFailure;
import java.io.IOException;
import java.io.InputStream;

/**
 * The guest agent that is part of this bundle.
 *
 * @param content the program
 * @param sha256 its digest
 */
record AgentProgram(byte[] content, String sha256) {
  private static final String RESOURCE = "/agent/banger-agent";

  static AgentProgram of(byte[] content) {
    return new AgentProgram(content, FileDigest.sha256(content));
  }

  /**
   * Reads it.
   *
   * @throws BangerException CORRUPT when this bundle was built without it
   */
  static AgentProgram load() {
    try (InputStream in = AgentProgram.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new BangerException(
            ErrorCode.CORRUPT,
            "this build of banger has no guest agent; build it again with ./mvnw verify");
      }
      return of(in.readAllBytes());
    } catch (IOException e) {
      throw StorageFailure.of("read the guest agent", e);
    }
  }
}
