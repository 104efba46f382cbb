// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an ssh server says first: its identification, of RFC 4253 section 4.2. */
final class SshGreeting {
  private static final Logger LOG = LoggerFactory.getLogger(SshGreeting.class);
  private static final String MARK = "SSH-";

  /** An identification has 255 bytes at most; other lines may come before it. */
  private static final int LIMIT_BYTES = 8192;

  private SshGreeting() {}

  /**
   * Reads it, and says nothing itself.
   *
   * @param limit the time for all of it
   * @throws IOException when nothing listens there, or what does is no ssh server, or silent
   * @throws BangerException CANCELLED, or DEADLINE_EXCEEDED of the operation that was given
   */
  static String read(String host, int port, Duration limit, Operation operation)
      throws IOException {
    Operation bounded = operation.within(limit);
    try (Socket socket = new Socket(Proxy.NO_PROXY);
        Operation.Registration registration = operation.onCancel(() -> close(socket))) {
      socket.connect(new InetSocketAddress(host, port), left(bounded));
      return identification(socket, bounded);
    } catch (SocketTimeoutException e) {
      throw late(limit, e);
    } catch (BangerException e) {
      operation.check();
      throw late(limit, e);
    }
  }

  private static IOException late(Duration limit, Exception cause) {
    return new IOException("it says nothing within " + limit.toMillis() / 1000.0 + " s", cause);
  }

  private static String identification(Socket socket, Operation bounded) throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < LIMIT_BYTES; i++) {
      socket.setSoTimeout(left(bounded));
      int next = in.read();
      if (next < 0) {
        throw new EOFException("the connection was closed without a greeting");
      }
      if (next != '\n') {
        line.append((char) next);
      } else if (line.indexOf(MARK) == 0) {
        return line.toString().stripTrailing();
      } else {
        line.setLength(0);
      }
    }
    throw new ProtocolException("what answers there is no ssh server");
  }

  private static int left(Operation bounded) {
    bounded.check();
    return (int) Math.max(1, bounded.remaining().orElseThrow().toMillis());
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      LOG.debug("a connection was not closed cleanly", e);
    }
  }
}
