// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script that runs in guests, run in a directory that looks like one. */
class GuestScriptTest {
  private static final Path BUSYBOX = Path.of("/bin/busybox");
  private static final String OWN = "ssh-ed25519 AAAAown banger\n";
  private static final String BEGIN = "# banger auth-sync: begin\n";
  private static final String END = "# banger auth-sync: end\n";

  @TempDir private Path guest;
  private Path banger;
  private Path gitconfig;

  @BeforeEach
  void make_a_guest() throws IOException {
    assumeTrue(Files.isExecutable(BUSYBOX), "busybox-static is not installed");
    assumeTrue(Files.getOwner(guest).getName().equals("root"), "only root can change its root");
    Files.createDirectories(guest.resolve("run/banger/bin"));
    Files.copy(BUSYBOX, guest.resolve("run/banger/bin/busybox"));
    Files.createDirectories(guest.resolve("run/banger/ssh"));
    banger = write("run/banger/ssh/authorized_keys", OWN);
    gitconfig = guest.resolve("etc/gitconfig");
    Files.createDirectory(guest.resolve("etc"));
    write("dev/null", "");
  }

  @Test
  void keys_stand_behind_bangers_own_and_are_replaced_and_taken_away() throws Exception {
    run("keys", "ssh-rsa AAAAone\nssh-rsa AAAAtwo");
    assertThat(banger).hasContent(OWN + BEGIN + "ssh-rsa AAAAone\nssh-rsa AAAAtwo\n" + END);

    run("keys", "ssh-rsa AAAAthree");
    assertThat(banger).hasContent(OWN + BEGIN + "ssh-rsa AAAAthree\n" + END);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(banger)))
        .isEqualTo("rw-r--r--");
    Object file = Files.getAttribute(banger, "unix:ino");
    run("keys", "ssh-rsa AAAAthree");
    assertThat(Files.getAttribute(banger, "unix:ino")).isEqualTo(file);

    run("keys", "");
    run("keys", "");
    assertThat(banger).hasContent(OWN);
    assertThat(Files.list(banger.getParent())).hasSize(1);
  }

  @Test
  void the_copy_that_the_agents_server_made_follows_and_a_file_of_roots_own_is_not_touched()
      throws Exception {
    Path home = write("home/root/.ssh/authorized_keys", OWN + "ssh-rsa AAAAroots\n");
    write("etc/passwd", "daemon:x:1:1::/:/bin/sh\nroot:x:0:0:root:/home/root:/bin/sh\n");
    run("keys", "ssh-rsa AAAAone");
    assertThat(home).hasContent(OWN + "ssh-rsa AAAAroots\n");

    write("proc/self/mountinfo", "31 22 0:5 /f /home/root/.ssh/authorized_keys rw - tmpfs t rw\n");
    run("keys", "ssh-rsa AAAAone");
    assertThat(home).hasContent(OWN + "ssh-rsa AAAAroots\n" + BEGIN + "ssh-rsa AAAAone\n" + END);
    run("all", "");
    assertThat(home).hasContent(OWN + "ssh-rsa AAAAroots\n");
    assertThat(banger).hasContent(OWN);
  }

  @Test
  void the_git_identity_comes_before_what_the_guest_says_itself() throws Exception {
    write("etc/gitconfig", "[user]\n\tname = Guest\n");
    run("git", "[user]\n\tname = \"Jo\"");

    assertThat(gitconfig)
        .hasContent(
            BEGIN
                + "[include]\n\tpath = /run/banger/auth-sync/gitconfig\n"
                + END
                + "[user]\n\tname = Guest\n");
    assertThat(guest.resolve("run/banger/auth-sync/gitconfig"))
        .hasContent("[user]\n\tname = \"Jo\"\n");

    run("git", "");
    assertThat(gitconfig).hasContent("[user]\n\tname = Guest\n");
    assertThat(guest.resolve("run/banger/auth-sync/gitconfig")).doesNotExist();
  }

  @Test
  void a_file_that_was_not_there_is_gone_again() throws Exception {
    run("git", "[user]\n\tname = \"Jo\"");
    assertThat(gitconfig).exists();

    run("all", "");
    assertThat(gitconfig).doesNotExist();
    assertThat(guest.resolve("root")).doesNotExist();
  }

  @Test
  void a_link_stays_a_link() throws Exception {
    write("etc/other", "[core]\n");
    Files.createSymbolicLink(gitconfig, Path.of("other"));
    run("git", "[user]\n\tname = \"Jo\"");

    assertThat(Files.isSymbolicLink(gitconfig)).isTrue();
    assertThat(Files.readString(guest.resolve("etc/other"))).contains(BEGIN).endsWith("[core]\n");
  }

  @Test
  void a_beginning_without_its_end_is_not_ours_and_nothing_behind_it_is_lost() throws Exception {
    write("run/banger/ssh/authorized_keys", BEGIN + OWN + BEGIN + "ssh-rsa AAAAold\n" + END);
    run("keys", "");

    assertThat(banger).hasContent(BEGIN + OWN);
  }

  @Test
  void what_fails_does_not_keep_the_rest_from_being_taken_away() throws Exception {
    run("keys", "ssh-rsa AAAAone");
    run("git", "[user]\n\tname = \"Jo\"");
    // A directory in the place of the new file: it can be neither removed nor written.
    Path obstacle = Files.createDirectories(banger.resolveSibling("authorized_keys.banger-new/x"));

    assertThat(status("all", "")).isNotZero();
    assertThat(banger).content().startsWith(OWN).contains("AAAAone");
    assertThat(gitconfig).doesNotExist();

    Files.delete(obstacle);
    Files.delete(obstacle.getParent());
    run("all", "");
    assertThat(banger).hasContent(OWN);
  }

  private void run(String part, String input) throws Exception {
    assertThat(status(part, input)).isZero();
  }

  private int status(String part, String input) throws Exception {
    Process script =
        new ProcessBuilder(
                BUSYBOX.toString(),
                "chroot",
                guest.toString(),
                "/run/banger/bin/busybox",
                "sh",
                "-c",
                new GuestScript(new FakeGuests()).text(),
                "sh",
                part)
            .redirectErrorStream(true)
            .start();
    script.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
    script.getOutputStream().close();
    byte[] said = script.getInputStream().readAllBytes();
    int status = script.waitFor();
    if (status != 0) {
      System.out.writeBytes(said);
    }
    return status;
  }

  private Path write(String name, String text) throws IOException {
    Path file = guest.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }
}
