// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Images of a registry, made by umoci, tar and skopeo and never by banger, boot whatever is in
 * them. Images with systemd are {@link SandboxIT}'s.
 */
@Timeout(900)
class ImagesIT {
  private static final Path BUSYBOX = Path.of("/bin/busybox");
  private static final Path MUSL_LOADER = Path.of("/lib/ld-musl-x86_64.so.1");

  /** Tells what a process was started with, line by line, and ends with status 7. */
  private static final String WITNESS =
      """
      #include <stdio.h>
      #include <stdlib.h>
      #include <unistd.h>
      int main(int count, char **arguments) {
          char directory[4096];
          for (int i = 1; i < count; i++) printf("argument %s\\n", arguments[i]);
          printf("GREETING %s\\n", getenv("GREETING") ? getenv("GREETING") : "-");
          printf("HOME %s\\n", getenv("HOME") ? getenv("HOME") : "-");
          printf("user %d:%d\\n", (int)getuid(), (int)getgid());
          printf("directory %s\\n", getcwd(directory, sizeof directory));
          return 7;
      }
      """;

  @TempDir static Path directory;

  private static Installation banger;
  private static LocalRegistry registry;

  @BeforeAll
  static void install() {
    for (String tool : List.of("docker-registry", "skopeo", "umoci", "gcc")) {
      assumeTrue(isInstalled(tool), tool + " is not installed");
    }
    assumeTrue(Files.isExecutable(BUSYBOX), "busybox-static is not installed");
    registry = LocalRegistry.open(directory.resolve("registry"));
    banger = new Installation();
  }

  @AfterAll
  static void uninstall() {
    try {
      if (banger != null) {
        banger.close();
      }
    } finally {
      if (registry != null) {
        registry.close();
      }
    }
  }

  @AfterEach
  void delete_what_a_failed_scenario_left() {
    for (JsonNode vm : banger.json("vm", "list")) {
      banger.banger("vm", "delete", vm.get("name").asText());
    }
  }

  @Test
  void an_image_of_musl_runs_by_default_what_its_maker_wants() throws IOException {
    assumeTrue(isInstalled("musl-gcc"), "musl-tools is not installed");
    Path tree = busyboxTree("musl");
    compile("musl-gcc", tree.resolve("usr/bin/witness"));
    Files.createDirectories(tree.resolve("lib"));
    Files.copy(MUSL_LOADER, tree.resolve("lib/ld-musl-x86_64.so.1"));
    Files.createDirectories(tree.resolve("srv/app"));
    write(tree, "etc/os-release", "ID=like-alpine\n");
    write(tree, "etc/passwd", "root:x:0:0:root:/root:/bin/ash\napp:x:1500:1500::/srv/app:\n");
    write(tree, "etc/group", "root:x:0:\ncrew:x:1700:\napp:x:1500:\n");
    // An Alpine image for containers has busybox as init and its table, but not what the table
    // names.
    write(
        tree, "etc/inittab", "::sysinit:/sbin/openrc sysinit\ntty1::respawn:/sbin/getty 1 tty1\n");
    OciLayout.create(directory.resolve("musl-oci"))
        .layer(tree)
        .config(
            "--config.entrypoint=/usr/bin/witness",
            "--config.cmd=by default",
            "--config.env=GREETING=hello there",
            "--config.user=app:crew",
            "--config.workingdir=/srv/app")
        .push(registry.reference("like/alpine:3.20"));

    assertThat(banger.succeed("image", "pull", registry.reference("like/alpine:3.20")))
        .isEqualTo("alpine-3.20\n");

    assertThat(run("alpine-3.20", "cat", "/etc/os-release")).isEqualTo("ID=like-alpine\n");
    Outcome byDefault = banger.banger("vm", "run", "--rm", "--image", "alpine-3.20");
    assertThat(byDefault.status()).as(byDefault::toString).isEqualTo(7);
    assertThat(byDefault.stdout())
        .isEqualTo(
            """
            argument by default
            GREETING hello there
            HOME /srv/app
            user 1500:1700
            directory /srv/app
            """);
    banger.assertNoMachineLeft();
  }

  @Test
  void a_machine_without_an_init_has_all_it_needs_and_keeps_its_files() throws IOException {
    Path tree = busyboxTree("busybox");
    OciLayout.create(directory.resolve("busybox-oci"))
        .layer(tree)
        .config("--config.entrypoint=/bin/echo", "--config.cmd=unused", "--config.user=4000")
        .push(registry.reference("busybox:1"));

    banger.succeed("vm", "run", "-d", "--name", "bare", "--image", registry.reference("busybox:1"));

    assertThat(exec("bare", "cat /proc/1/cmdline")).startsWith("/init");
    assertThat(exec("bare", "hostname; hostname -f")).isEqualTo("bare\nbare\n");
    assertThat(exec("bare", "cat /etc/resolv.conf")).startsWith("nameserver ");
    assertThat(exec("bare", "ping -c 1 -W 5 localhost")).contains("1 packets received");
    assertThat(exec("bare", "ip route")).contains("default via").contains("eth0");
    assertThat(exec("bare", "stat -c '%n %a %F' /tmp /run /dev/shm"))
        .isEqualTo("/tmp 1777 directory\n/run 755 directory\n/dev/shm 1777 directory\n");
    assertThat(exec("bare", "echo through > /dev/stdout; echo $HOME; pwd; id -u; echo $PATH"))
        .isEqualTo(
            "through\n/root\n/root\n0\n/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
    assertThat(banger.succeed("vm", "exec", "--as-image", "bare", "--", "as", "the", "image"))
        .isEqualTo("as the image\n");
    Outcome nowhere = banger.banger("vm", "exec", "-w", "/not/there", "bare", "--", "true");
    assertThat(nowhere.status()).isEqualTo(1);
    assertThat(nowhere.stderr()).contains("/not/there");

    String orphan = exec("bare", "sh -c 'sleep 0.1 >/dev/null 2>&1 & echo $!'").strip();
    assertThat(orphan).matches("[0-9]+");
    Installation.await(
        "the orphan's end",
        Duration.ofSeconds(60),
        () -> exec("bare", "[ -e /proc/" + orphan + " ] && echo there || true").isEmpty());

    assertThat(ssh("bare", "echo over ssh; id -u")).isEqualTo("over ssh\n0\n");

    Outcome refused = banger.banger("image", "delete", "busybox-1");
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.stderr()).contains("bare");

    exec("bare", "echo kept > /root-file; dd if=/dev/zero of=/big bs=1M count=20 2>/dev/null");
    banger.succeed("vm", "stop", "bare");
    banger.succeed("vm", "start", "bare");
    assertThat(exec("bare", "cat /root-file; stat -c %s /big")).isEqualTo("kept\n20971520\n");
    assertThat(exec("bare", "dmesg | grep -i 'ext4.*recover' || echo clean")).isEqualTo("clean\n");

    banger.succeed("vm", "delete", "bare");
    banger.succeed("image", "delete", "busybox-1");
    banger.assertNoMachineLeft();
  }

  @Test
  void an_image_of_one_static_program_runs_it_and_gets_a_shell() throws IOException {
    Path tree = Files.createDirectory(directory.resolve("static"));
    compile("gcc", tree.resolve("witness"), "-static");
    OciLayout.create(directory.resolve("static-oci"))
        .layer(tree)
        .config(
            "--config.entrypoint=/witness",
            "--config.entrypoint=first",
            "--config.cmd=second",
            "--config.env=GREETING=static",
            "--config.env=HOME=/elsewhere",
            "--config.user=1234:5678",
            "--config.workingdir=/")
        .push(registry.reference("static:1"));

    Outcome byDefault =
        banger.banger("vm", "run", "--name", "lone", "--image", registry.reference("static:1"));
    assertThat(byDefault.status()).as(byDefault::toString).isEqualTo(7);
    assertThat(byDefault.stdout())
        .isEqualTo(
            """
            argument first
            argument second
            GREETING static
            HOME /elsewhere
            user 1234:5678
            directory /
            """);

    assertThat(exec("lone", "ls /witness && echo $0 && [ ! -e /bin/sh ] && id -u"))
        .isEqualTo("/witness\nsh\n0\n");
    assertThat(
            banger.succeed(
                "vm", "exec", "-u", "77:88", "lone", "--", "/bin/sh", "-c", "id -u; id -g"))
        .isEqualTo("77\n88\n");
    Outcome missing = banger.banger("vm", "exec", "lone", "--", "ls");
    assertThat(missing.status()).as(missing::toString).isNotZero();
    assertThat(missing.stderr()).contains("ls");
    assertThat(ssh("lone", "cat /etc/passwd; echo $0; id -u; pwd"))
        .isEqualTo("root:x:0:0:root:/root:/run/banger/bin/sh\nsh\n0\n/root\n");
    Outcome asImage = banger.banger("vm", "exec", "--as-image", "lone", "--", "other words");
    assertThat(asImage.status()).isEqualTo(7);
    assertThat(asImage.stdout()).startsWith("argument first\nargument other words\nGREETING");

    banger.succeed("vm", "delete", "lone");
    banger.assertNoMachineLeft();
  }

  @Test
  void a_machine_of_an_image_that_runs_nothing_by_default_is_a_shell_even_if_it_has_none()
      throws IOException {
    Path tree = Files.createDirectory(directory.resolve("empty"));
    write(tree, "data", "only data\n");
    OciLayout.create(directory.resolve("empty-oci"))
        .layer(tree)
        .push(registry.reference("empty:1"));
    banger.succeed("image", "pull", "--name", "data", registry.reference("empty:1"));

    Outcome shell =
        banger.bangerReading("cat /data\nexit 9\n", "vm", "run", "--rm", "--image", "data");

    assertThat(shell.status()).as(shell::toString).isEqualTo(9);
    assertThat(shell.stdout()).isEqualTo("only data\n");
    banger.assertNoMachineLeft();
  }

  @Test
  void directories_that_are_links_or_closed_do_not_keep_an_image_from_booting() throws IOException {
    Path tree = busyboxTree("odd");
    Files.createDirectories(tree.resolve("var"));
    Files.createSymbolicLink(tree.resolve("run"), Path.of("/var/run"));
    Files.createSymbolicLink(tree.resolve("etc"), Path.of("usr/etc"));
    Files.createDirectories(tree.resolve("usr/etc"));
    Files.createSymbolicLink(
        tree.resolve("usr/etc/resolv.conf"), Path.of("../../run/resolver/resolv.conf"));
    Files.createDirectory(tree.resolve("proc"));
    OciLayout.host("chmod", "0500", tree.resolve("proc").toString());
    OciLayout.host("chmod", "0555", tree.toString());
    OciLayout.create(directory.resolve("odd-oci")).layer(tree).push(registry.reference("odd:1"));

    assertThat(
            banger.succeed(
                "vm",
                "run",
                "--rm",
                "--image",
                registry.reference("odd:1"),
                "--",
                "sh",
                "-c",
                "readlink /run; ls -d /var/run/banger/bin; grep -c nameserver /etc/resolv.conf;"
                    + " grep -c . /usr/etc/hostname; mount | grep -c 'on /var/run type tmpfs'"))
        .isEqualTo("/var/run\n/var/run/banger/bin\n1\n1\n1\n");
    banger.assertNoMachineLeft();
  }

  @Test
  void the_carried_ssh_server_keeps_an_images_users_keys_and_shells() throws IOException {
    Path tree = busyboxTree("users");
    Files.createSymbolicLink(tree.resolve("bin/ash"), Path.of("busybox"));
    write(tree, "etc/passwd", "root:x:0:0:the boss:/srv/boss:/bin/ash\napp:x:5:5::/:/bin/sh");
    write(tree, "srv/boss/.ssh/authorized_keys", "# the image's own\n");
    OciLayout.create(directory.resolve("users-oci"))
        .layer(tree)
        .push(registry.reference("users:1"));
    banger.succeed("vm", "run", "-d", "--name", "keys", "--image", registry.reference("users:1"));

    assertThat(ssh("keys", "cat /etc/passwd; pwd; cat /etc/shells; readlink /proc/$$/exe"))
        .isEqualTo(
            """
            root:x:0:0:the boss:/srv/boss:/bin/ash
            app:x:5:5::/:/bin/sh/srv/boss
            /bin/sh
            /bin/ash
            /bin/busybox
            """);
    assertThat(exec("keys", "grep -c ssh-ed25519 /srv/boss/.ssh/authorized_keys")).isEqualTo("1\n");
    assertThat(exec("keys", "grep -c 'own' /srv/boss/.ssh/authorized_keys")).isEqualTo("1\n");
    String knownHosts = Files.readString(banger.home().resolve("state/ssh/known_hosts"));
    Files.writeString(
        banger.home().resolve("state/ssh/known_hosts"),
        knownHosts.replaceAll(
            "AAAAC3[^ \\n]+",
            "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    Outcome refused = banger.banger("vm", "ssh", "keys", "--", "true");
    Files.writeString(banger.home().resolve("state/ssh/known_hosts"), knownHosts);
    assertThat(refused.status()).as(refused::toString).isNotZero();
  }

  @Test
  void names_that_climb_are_refused_and_absolute_ones_stay_inside_the_image() throws IOException {
    Path victim = directory.resolve("victim");
    Path tree = busyboxTree("climbing");
    write(tree, "planted", "planted\n");
    pushRenamed(tree, "climbing", "../../../../../../.." + victim);
    pushRenamed(tree, "absolute", victim.toString());

    Outcome refused = banger.banger("image", "pull", registry.reference("climbing:1"));
    assertThat(refused.status()).as(refused::toString).isEqualTo(1);
    assertThat(refused.stderr()).contains("..").contains("(op-");
    assertNothingOf("climbing");

    banger.succeed("image", "pull", registry.reference("absolute:1"));
    assertThat(run("absolute-1", "cat", victim.toString())).isEqualTo("planted\n");
    assertThat(victim).doesNotExist();
  }

  @Test
  void content_that_is_not_what_the_image_declares_is_refused() throws IOException {
    Path tree = Files.createDirectory(directory.resolve("lies"));
    write(tree, "data", "other data\n");
    OciLayout.create(directory.resolve("lies-oci"))
        .layer(tree)
        .withWrongDiffId()
        .push(registry.reference("lies:1"));

    Outcome refused = banger.banger("image", "pull", registry.reference("lies:1"));

    assertThat(refused.status()).as(refused::toString).isEqualTo(1);
    assertThat(refused.stderr()).contains("ababab").contains("(op-");
    assertNothingOf("lies");
  }

  @Test
  void a_registry_with_passwords_is_asked_with_dockers_configuration() throws IOException {
    assumeTrue(isInstalled("htpasswd"), "apache2-utils is not installed");
    Path passwords = directory.resolve("htpasswd");
    OciLayout.host("htpasswd", "-Bbc", passwords.toString(), "reader", "secret");
    Path tree = Files.createDirectory(directory.resolve("private"));
    write(tree, "data", "private data\n");
    try (LocalRegistry closed =
            LocalRegistry.withPasswords(directory.resolve("closed"), passwords);
        Installation knowing = new Installation()) {
      OciLayout.create(directory.resolve("private-oci"))
          .layer(tree)
          .push(closed.reference("private:1"), "--dest-creds=reader:secret");
      Path docker = Files.createDirectory(directory.resolve("docker"));
      String token = Base64.getEncoder().encodeToString("reader:secret".getBytes());
      Files.writeString(
          docker.resolve("config.json"),
          "{\"auths\": {\"" + closed.host() + "\": {\"auth\": \"" + token + "\"}}}");

      Outcome stranger = banger.banger("image", "pull", closed.reference("private:1"));
      assertThat(stranger.status()).as(stranger::toString).isEqualTo(1);
      assertNothingOf("private");

      // The daemon has the environment of the client that starts it.
      Outcome start =
          Running.start(
                  List.of(
                      "env",
                      "DOCKER_CONFIG=" + docker,
                      Installation.DISTRIBUTION.resolve("bin/banger").toString(),
                      "daemon",
                      "start"),
                  knowing.home())
              .await(Duration.ofMinutes(1));
      assertThat(start.status()).as(start::toString).isZero();
      assertThat(knowing.succeed("image", "pull", closed.reference("private:1")))
          .isEqualTo("private-1\n");
    }
  }

  private static String run(String image, String... command) {
    return banger.succeed(
        Stream.concat(Stream.of("vm", "run", "--rm", "--image", image, "--"), Stream.of(command))
            .toArray(String[]::new));
  }

  private static String exec(String vm, String script) {
    return banger.succeed("vm", "exec", vm, "--", "sh", "-c", script);
  }

  private static String ssh(String vm, String command) {
    return banger.succeed("vm", "ssh", vm, "--", command);
  }

  /** Nothing of an image that was refused is listed or lies anywhere. */
  private static void assertNothingOf(String name) throws IOException {
    assertThat(banger.json("image", "list").findValuesAsText("name"))
        .noneMatch(listed -> listed.startsWith(name));
    List<String> known = banger.json("image", "list").findValuesAsText("id");
    Path images = banger.home().resolve("state/images");
    if (Files.isDirectory(images)) {
      try (Stream<Path> files = Files.list(images)) {
        assertThat(files.map(file -> file.getFileName().toString())).isSubsetOf(known);
      }
    }
  }

  /** Pushes a tree whose file {@code planted} has another name in the archive. */
  private static void pushRenamed(Path tree, String image, String name) {
    Path archive = directory.resolve(image + ".tar");
    OciLayout.host(
        "tar",
        "-C",
        tree.toString(),
        "-P",
        "--transform=s,^\\./planted$," + name + ",",
        "--owner=0",
        "--group=0",
        "-cf",
        archive.toString(),
        ".");
    assertThat(OciLayout.host("tar", "-P", "-tf", archive.toString())).contains("\n" + name + "\n");
    OciLayout.create(directory.resolve(image + "-oci"))
        .archive(archive)
        .push(registry.reference(image + ":1"));
  }

  /** A tree with busybox as shell and as init, and no directory but /bin and /sbin. */
  private static Path busyboxTree(String name) throws IOException {
    Path tree = Files.createDirectory(directory.resolve(name));
    Path bin = Files.createDirectory(tree.resolve("bin"));
    Files.copy(BUSYBOX, bin.resolve("busybox"), StandardCopyOption.COPY_ATTRIBUTES);
    List<String> applets =
        List.of(
            "sh",
            "cat",
            "echo",
            "ls",
            "grep",
            "hostname",
            "ping",
            "ip",
            "stat",
            "id",
            "sleep",
            "true",
            "dd",
            "dmesg",
            "mount",
            "readlink");
    for (String applet : applets) {
      Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
    }
    Files.createDirectory(tree.resolve("sbin"));
    Files.createSymbolicLink(tree.resolve("sbin/init"), Path.of("../bin/busybox"));
    return tree;
  }

  private static void write(Path tree, String name, String content) throws IOException {
    Path file = tree.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private static void compile(String compiler, Path program, String... options) throws IOException {
    Files.createDirectories(program.getParent());
    Path source = directory.resolve(compiler + ".c");
    Files.writeString(source, WITNESS);
    OciLayout.host(
        Stream.concat(
                Stream.of(compiler, "-o", program.toString(), source.toString()),
                Stream.of(options))
            .toArray(String[]::new));
  }

  static boolean isInstalled(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
        .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
  }
}
