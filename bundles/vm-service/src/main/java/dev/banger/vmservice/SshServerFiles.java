// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.guest.GuestFile;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;

/**
 * What makes a guest's own ssh server use the machine's host key and let this installation in. All
 * lies below /run, so that nothing of the image is changed.
 */
final class SshServerFiles {
  private static final String DIRECTORY = "/run/banger/ssh/";

  /**
   * Options on the command line win over sshd_config. The checks before the start are dropped, as
   * they would look for the host keys of the image. The run directory is named again since some
   * distributions leave it to a tmpfiles rule that runs later.
   */
  private static final String DROP_IN =
      """
      [Service]
      ExecStartPre=
      ExecStart=
      ExecStart=/usr/sbin/sshd -D \
      -o HostKey=/run/banger/ssh/ssh_host_ed25519_key \
      -o "AuthorizedKeysFile=/run/banger/ssh/authorized_keys .ssh/authorized_keys" \
      -o PermitRootLogin=prohibit-password \
      -o PubkeyAuthentication=yes \
      -o PasswordAuthentication=no \
      -o KbdInteractiveAuthentication=no \
      -o UseDNS=no
      ExecReload=
      ExecReload=/bin/kill -HUP $MAINPID
      RuntimeDirectory=sshd
      RuntimeDirectoryMode=0755
      """;

  private SshServerFiles() {}

  static List<GuestFile> of(Vm vm, String authorizedKey) {
    try {
      byte[] hostKey = Files.readAllBytes(SshIdentity.hostKey(vm));
      byte[] dropbearKey = DropbearKey.ofOpenSsh(new String(hostKey, StandardCharsets.US_ASCII));
      return List.of(
          new GuestFile(DIRECTORY + "ssh_host_ed25519_key", 0600, hostKey),
          // For the server that the guest agent starts where the image has none.
          new GuestFile(DIRECTORY + "dropbear_host_key", 0600, dropbearKey),
          text("ssh_host_ed25519_key.pub", SshIdentity.hostPublicLine(vm) + "\n"),
          text("authorized_keys", authorizedKey + "\n"),
          dropIn("ssh.service"),
          dropIn("sshd.service"));
    } catch (IOException e) {
      throw DurableFiles.failed("cannot read the host key of " + vm.name(), e);
    }
  }

  private static GuestFile text(String name, String text) {
    return new GuestFile(DIRECTORY + name, 0644, text.getBytes(StandardCharsets.UTF_8));
  }

  private static GuestFile dropIn(String unit) {
    return new GuestFile(
        "/run/systemd/system/" + unit + ".d/50-banger.conf",
        0644,
        DROP_IN.getBytes(StandardCharsets.UTF_8));
  }
}
