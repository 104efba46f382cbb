// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A client that meets the socket of a daemon on its way out sends its request to the next one, but
 * never a request twice that may have been read.
 */
@Timeout(120)
class DyingDaemonIT {
  @Test
  void a_request_that_was_not_read_is_sent_to_the_next_daemon() throws IOException {
    assertThat(listAgainstOneThatReads(1).status()).isZero();
  }

  @Test
  void a_request_that_was_read_is_not_sent_again() throws IOException {
    Outcome outcome = listAgainstOneThatReads(65536);
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.stderr()).contains("the daemon went away before it answered");
  }

  /** Lists machines against a daemon that reads at most so many bytes and is gone. */
  private static Outcome listAgainstOneThatReads(int bytes) throws IOException {
    try (Installation banger = new Installation();
        ServerSocketChannel dying = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      Path run = banger.home().resolve("run");
      Files.createDirectory(
          run, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      dying.bind(UnixDomainSocketAddress.of(run.resolve("bangerd.sock")));
      Running list = banger.start("vm", "list");
      try (SocketChannel connection = dying.accept()) {
        // Of a request, which comes in one piece, a part or all.
        connection.read(ByteBuffer.allocate(bytes));
        dying.close();
      }
      return list.await(Duration.ofSeconds(90));
    }
  }
}
