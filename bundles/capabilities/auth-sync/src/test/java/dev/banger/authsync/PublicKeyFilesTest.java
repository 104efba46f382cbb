// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublicKeyFilesTest {
  static final String ED25519 =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
  private static final String BLOB = ED25519.substring(ED25519.indexOf(' ') + 1);

  @TempDir private Path home;
  private UserPrincipal owner;

  @BeforeEach
  void know_the_owner() throws IOException {
    owner = Files.getOwner(home);
  }

  @Test
  void keys_of_all_files_are_given_once_in_their_order() throws IOException {
    String rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAwECAw==";
    Path first = file("first.pub", "# mine\r\n" + ED25519 + " jo@laptop of mine\r\n\r\n");
    file("second.pub", rsa + "\n" + ED25519 + " again\n");

    assertThat(lines(first.toString(), "~/second.pub"))
        .containsExactly(ED25519 + " jo@laptop of mine", rsa);
    assertThat(lines(first + " , ~/second.pub")).hasSize(2);
  }

  @Test
  void without_a_file_nothing_is_chosen() {
    assertThat(files().chosen()).isFalse();
    assertThat(files("").chosen()).isFalse();
    assertThat(lines()).isEmpty();
    assertThat(files("~/id.pub").chosen()).isTrue();
  }

  @Test
  void a_private_key_is_refused_and_none_of_it_told() throws IOException {
    file("id", "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n");

    assertThatThrownBy(() -> lines("~/id"))
        .hasMessageContainingAll("private key", "~/id", ".pub", AuthSync.PID)
        .message()
        .doesNotContain("c2VjcmV0");
  }

  @Test
  void what_is_no_plain_public_key_is_refused_with_its_line() throws IOException {
    for (String line :
        List.of(
            "command=\"/bin/sh\" " + ED25519,
            "cert-authority " + ED25519,
            "ssh-dss " + BLOB,
            "ssh-ed25519-cert-v01@openssh.com " + BLOB,
            "ssh-rsa " + BLOB,
            "ssh-ed25519",
            "ssh-ed25519 " + BLOB.substring(0, BLOB.length() - 8),
            "ssh-ed25519 " + BLOB + "AAAA",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
            "ssh-ed25519 !!!",
            ED25519 + " \u001b[2J",
            "root:$6$hash:19000:0:::::")) {
      file("odd.pub", ED25519 + " fine\n" + line + "\n");

      refused("line 2", "~/odd.pub");
    }
    file("odd.pub", "");
    refused("holds no public key", "~/odd.pub");
    file("odd.pub", ED25519 + "\n");
    assertThat(lines("~/odd.pub")).hasSize(1);
  }

  @Test
  void files_that_cannot_be_meant_are_refused() throws IOException {
    refused("does not exist", "~/absent.pub");
    refused("absolute", "id.pub");
    refused("absolute", "~jo/id.pub");
    Files.createDirectory(home.resolve("directory.pub"));
    refused("not a file", "~/directory.pub");
    refused("not a file", "/dev/zero");
    file("large.pub", (ED25519 + "\n").repeat(1000));
    refused("larger than 64 KiB", "~/large.pub");
    Files.write(home.resolve("binary.pub"), new byte[] {(byte) 0xff, (byte) 0xfe});
    refused("not a text", "~/binary.pub");
  }

  @Test
  void a_link_leads_to_a_file_that_is_the_owners_alone() throws IOException {
    Path target = file("target.pub", ED25519 + "\n");
    Files.createSymbolicLink(home.resolve("link.pub"), target);
    assertThat(lines("~/link.pub")).hasSize(1);

    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-rw-r--"));
    refused("written by others", "~/link.pub");
  }

  @Test
  void the_file_of_another_user_is_refused() throws IOException {
    assumeTrue(owner.getName().equals("root"), "only root can give files away");
    Path target = file("target.pub", ED25519 + "\n");
    Files.createSymbolicLink(home.resolve("link.pub"), target);
    assertThat(lines("~/link.pub")).hasSize(1);

    Files.setOwner(
        target,
        FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
    refused("belongs to nobody", "~/link.pub");
  }

  private void refused(String reason, String... names) {
    assertThatThrownBy(() -> lines(names))
        .hasMessageContainingAll(reason, AuthSync.PID)
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST));
  }

  private List<String> lines(String... names) {
    return files(names).read().stream().map(PublicKey::line).toList();
  }

  private PublicKeyFiles files(String... names) {
    return new PublicKeyFiles(names, home, owner);
  }

  private Path file(String name, String text) throws IOException {
    Path file = Files.writeString(home.resolve(name), text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
  }
}
