// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.vm.Vm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.List;
import net.schmizz.sshj.SSHClient;
import net.schmizz.sshj.userauth.keyprovider.KeyProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SshIdentityTest {
  @TempDir Path directory;
  private Platform platform;

  @BeforeEach
  void activate() {
    platform = new Platform(directory);
  }

  @AfterEach
  void deactivate() {
    platform.close();
  }

  @Test
  void the_key_is_made_once_and_signs_for_its_public_half() throws Exception {
    SshIdentity identity = new SshIdentity(platform);
    Path file = identity.privateKey();
    String line = identity.authorizedKey();
    assertThat(new SshIdentity(platform).authorizedKey()).isEqualTo(line);
    try (SSHClient client = new SSHClient(new Ed25519SshConfig())) {
      KeyProvider keys = client.loadKeys(file.toString());
      PrivateKey key = keys.getPrivate();
      Signature signing = Signature.getInstance("Ed25519");
      signing.initSign(key);
      signing.update(new byte[] {1, 2, 3});
      Signature checking = Signature.getInstance("Ed25519");
      checking.initVerify(keys.getPublic());
      checking.update(new byte[] {1, 2, 3});
      assertThat(checking.verify(signing.sign())).isTrue();
      assertThat(new HostKey(line).verify("host", 22, keys.getPublic())).isTrue();
      Vm vm = platform.create("web");
      HostKey other = new HostKey(SshIdentity.hostPublicLine(vm));
      assertThat(other.verify("host", 22, keys.getPublic())).isFalse();
    }
  }

  @Test
  void private_keys_are_closed_to_others() throws Exception {
    Vm vm = platform.create("web");
    for (Path key : List.of(new SshIdentity(platform).privateKey(), SshIdentity.hostKey(vm))) {
      assertThat(Files.getPosixFilePermissions(key)).hasSize(2);
    }
  }

  @Test
  void the_ssh_command_trusts_only_the_key_that_the_machine_was_given() {
    Vm vm = platform.create("web");
    platform.start("web");
    assertThat(platform.guests().sshCommand("web", List.of("uname", "-a")))
        .contains("StrictHostKeyChecking=yes", "HostKeyAlias=banger-" + vm.id(), "root@127.0.0.1")
        .containsSubsequence("-p", Integer.toString(vm.network().sshPort()))
        .endsWith("uname", "-a");
  }

  @Test
  void the_ssh_command_names_its_files_whatever_their_characters(@TempDir Path other) {
    Path odd = other.resolve("a b'c\"d\\e%f");
    DurableFiles.makeDirectory(odd);
    String written = other + "/a b'c\\\"d\\\\e%%f/state/ssh/";
    try (Platform elsewhere = new Platform(odd)) {
      elsewhere.create("web");
      elsewhere.start("web");
      assertThat(elsewhere.guests().sshCommand("web", List.of()))
          .contains("IdentityFile=\"" + written + "id_ed25519\"")
          .contains("UserKnownHostsFile=\"" + written + "known_hosts\"");
    }
  }
}
