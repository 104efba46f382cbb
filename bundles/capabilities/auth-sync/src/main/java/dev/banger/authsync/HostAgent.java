// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * The ssh agent of the host's owner. It may come and go.
 *
 * @param socket its socket, absolute
 */
record HostAgent(Path socket) {
  /** OpenSSH's own bound (AGENT_MAX_LEN of authfd.c). */
  static final int LARGEST_MESSAGE = 256 * 1024;

  /**
   * The one that was configured.
   *
   * @param configured empty for that of the daemon's environment
   * @param ofEnvironment SSH_AUTH_SOCK of the daemon; null without
   * @throws BangerException BAD_REQUEST when neither names an absolute path
   */
  static HostAgent of(String configured, String ofEnvironment) {
    String path = configured.isBlank() ? ofEnvironment : configured.strip();
    if (path == null || path.isEmpty()) {
      throw refused("the daemon was started without SSH_AUTH_SOCK");
    }
    try {
      Path socket = Path.of(path);
      if (socket.isAbsolute()) {
        return new HostAgent(socket);
      }
    } catch (InvalidPathException e) {
      // Told below.
    }
    throw refused("\"" + path + "\" is not an absolute path");
  }

  private static BangerException refused(String reason) {
    return new BangerException(
        ErrorCode.BAD_REQUEST,
        "guests are to use your ssh agent, but %s; name its socket with sshAgentSocket of %s, or turn sshAgent off"
            .formatted(reason, AuthSync.PID));
  }

  /** Connects. The channel ends what waits on it when it is closed. */
  SocketChannel connect() throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(socket));
  }

  /** Asks for one answer, both with their length in front. */
  static byte[] ask(SocketChannel channel, byte[] request) throws IOException {
    ByteBuffer out = ByteBuffer.wrap(request);
    while (out.hasRemaining()) {
      int unused = channel.write(out);
    }
    ByteBuffer length = ByteBuffer.allocate(Integer.BYTES);
    fill(channel, length);
    int size = length.getInt(0);
    if (size <= 0 || size > LARGEST_MESSAGE) {
      throw new IOException("the ssh agent answered with %d bytes".formatted(size));
    }
    ByteBuffer answer = ByteBuffer.allocate(Integer.BYTES + size).putInt(size);
    fill(channel, answer);
    return answer.array();
  }

  private static void fill(SocketChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new IOException("the ssh agent closed the connection");
      }
    }
  }
}
