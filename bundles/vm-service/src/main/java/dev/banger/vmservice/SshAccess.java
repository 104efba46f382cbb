// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.schmizz.sshj.SSHClient;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reaches guests by ssh: with this installation's key, and with the host key it gave them. */
final class SshAccess {
  private static final Logger LOG = LoggerFactory.getLogger(SshAccess.class);
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(2);
  private static final Duration RETRY_PAUSE = Duration.ofMillis(100);

  /** An emulated guest takes a second or more for the key exchange. */
  private static final Duration LOGIN_LIMIT = Duration.ofSeconds(20);

  private final SshIdentity identity;
  private final KnownHosts knownHosts;

  SshAccess(SshIdentity identity, KnownHosts knownHosts) {
    this.identity = identity;
    this.knownHosts = knownHosts;
  }

  /** The system's ssh client, for a person. */
  List<String> command(Vm vm, List<String> arguments) {
    List<String> argv =
        new ArrayList<>(
            List.of(
                "ssh",
                "-F",
                "none",
                "-o",
                "IdentityFile=" + quoted(identity.privateKey()),
                "-p",
                Integer.toString(vm.network().sshPort()),
                "-o",
                "UserKnownHostsFile=" + quoted(knownHosts.file()),
                "-o",
                "GlobalKnownHostsFile=/dev/null",
                "-o",
                "HostKeyAlias=" + SshIdentity.hostAlias(vm),
                "-o",
                "HostKeyAlgorithms=ssh-ed25519",
                "-o",
                "StrictHostKeyChecking=yes",
                "-o",
                "CheckHostIP=no",
                "-o",
                "UpdateHostKeys=no",
                "-o",
                "IdentitiesOnly=yes",
                // OpenSSH's default takes 0.2 s more in an emulated guest.
                "-o",
                "KexAlgorithms=curve25519-sha256",
                "root@" + vm.network().sshHost()));
    argv.addAll(arguments);
    return argv;
  }

  /** Waits until the guest lets this installation in. */
  void await(Vm vm, Operation operation) {
    while (true) {
      operation.check();
      String reason = listens(vm, operation) ? login(vm, operation) : "no ssh server answers";
      if (reason == null) {
        return;
      }
      LOG.debug("ssh to {} is not ready: {}", vm.name(), reason);
      operation.pause(RETRY_PAUSE);
      if (operation.remaining().filter(Duration::isZero).isPresent()) {
        throw new BangerException(
            ErrorCode.DEADLINE_EXCEEDED,
            "ssh to %s is not ready: %s; `banger vm logs %s` shows its console"
                .formatted(vm.name(), reason, vm.name()));
      }
    }
  }

  // The VMM takes connections long before the guest does: only the server's greeting counts.
  private static boolean listens(Vm vm, Operation operation) {
    try (Socket socket = new Socket();
        Operation.Registration cancel = operation.onCancel(() -> closeQuietly(socket))) {
      int limit = limit(operation, CONNECT_LIMIT);
      socket.connect(new InetSocketAddress(vm.network().sshHost(), vm.network().sshPort()), limit);
      socket.setSoTimeout(limit);
      byte[] greeting = socket.getInputStream().readNBytes(4);
      return new String(greeting, StandardCharsets.US_ASCII).equals("SSH-");
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns null when the guest let us in, else why not. */
  private String login(Vm vm, Operation operation) {
    try (SSHClient client = new SSHClient(new Ed25519SshConfig())) {
      try (Operation.Registration cancel =
          operation.onCancel(() -> closeQuietly(client.getSocket()))) {
        int limit = limit(operation, LOGIN_LIMIT);
        client.setConnectTimeout(limit);
        client.setTimeout(limit);
        client.getTransport().setTimeoutMs(limit);
        client.addHostKeyVerifier(new HostKey(SshIdentity.hostPublicLine(vm)));
        client.connect(vm.network().sshHost(), vm.network().sshPort());
        client.authPublickey("root", client.loadKeys(identity.privateKey().toString()));
        return null;
      }
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static int limit(Operation operation, Duration most) {
    long millis = operation.remaining().map(Duration::toMillis).orElse(Long.MAX_VALUE);
    return (int) Math.max(1, Math.min(most.toMillis(), millis));
  }

  // OpenSSH splits the values of these options at spaces, and expands what begins with a per cent
  // sign.
  private static String quoted(Path file) {
    String escaped = file.toString().replace("\\", "\\\\").replace("\"", "\\\"");
    return "\"" + escaped.replace("%", "%%") + "\"";
  }

  private static void closeQuietly(Socket socket) {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException e) {
      LOG.debug("closing a socket failed", e);
    }
  }
}
