// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.banger.wire.Frame;
import dev.banger.wire.FrameInput;
import dev.banger.wire.FrameOutput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The configuration of a daemon that runs. */
@Timeout(300)
class ConfigurationIT {
  private static final int REQUEST = 0x01;
  private static final int RESULT = 0x1e;
  private static final int ERROR = 0x1f;
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir private static Path directory;

  private static Installation banger;
  private static Path distribution;
  private static Path user;

  @BeforeAll
  static void install() throws IOException {
    distribution = directory.resolve("banger");
    Installation.copyTree(Installation.DISTRIBUTION, distribution);
    Files.writeString(distribution.resolve("conf/dev.banger.vm.cfg"), "startTimeoutSeconds=100\n");
    banger =
        new Installation(
            Installation.temporaryHome(),
            distribution,
            Map.of("JAVA_TOOL_OPTIONS", "-Dbanger.config.dev.banger.vm.consoleLimitBytes=65536"));
    user = banger.home().resolve("config/dev.banger.vm.cfg");
  }

  @AfterAll
  static void uninstall() {
    banger.close();
  }

  @AfterEach
  void remove_the_users_file() throws IOException {
    Files.writeString(user, ""); // FileInstall may never have seen it, and would not miss it
    String ofTheHost = setting("vm.vcpus").get("in_force").asText();
    Installation.await("the defaults", SOON, () -> vcpusOfRequest().equals(ofTheHost));
  }

  private static JsonNode setting(String name) {
    return banger.json("config", "get", name);
  }

  private static void awaitValue(String name, String value) {
    Installation.await(
        name + " " + value, SOON, () -> setting(name).get("value").asText().equals(value));
  }

  private static Outcome refused(String... arguments) {
    Outcome outcome = banger.banger(arguments);
    assertThat(outcome.status()).as("%s", outcome).isEqualTo(1);
    return outcome;
  }

  /** The CPUs and the memory of a machine that is created, and never started. */
  private static String sizeOfNewMachine() throws IOException {
    JsonNode vm = request("vm.create", "{\"name\": \"sized\", \"image\": \"tiny\"}");
    banger.succeed("vm", "delete", "sized");
    return vm.at("/spec/vcpus").asText() + " " + vm.at("/spec/memory_mib").asText();
  }

  private static String vcpusOfRequest() {
    try {
      return request("vm.size", "{}").at("/spec/vcpus").asText();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode request(String method, String parameters) throws IOException {
    banger.succeed("daemon", "start");
    Path socket = banger.home().resolve("run/bangerd.sock");
    String request =
        "{\"version\": 1, \"method\": \"" + method + "\", \"params\": " + parameters + "}";
    try (SocketChannel connection = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      new FrameOutput(Channels.newOutputStream(connection))
          .write(0, REQUEST, request.getBytes(UTF_8));
      FrameInput answers = new FrameInput(Channels.newInputStream(connection), 1 << 20);
      Frame answer = answers.read();
      while (answer.type() != RESULT) {
        assertThat(answer.type()).as(new String(answer.payload(), UTF_8)).isNotEqualTo(ERROR);
        answer = answers.read();
      }
      return new ObjectMapper().readTree(answer.payload()).get("result");
    }
  }

  @Test
  void what_is_set_is_in_force_for_the_next_machine_and_unset_it_is_not() throws IOException {
    TinyImage.importInto(banger, Files.createDirectory(directory.resolve("image")));
    Path handwritten = Files.createDirectories(user.getParent()).resolve(user.getFileName());
    Files.writeString(handwritten, "# mine\nminimumFreeMib = 1\n");
    banger.succeed("config", "set", "vm.vcpus", "3", "dev.banger.vm.memoryMib", "96");
    assertThat(sizeOfNewMachine()).isEqualTo("3 96");
    assertThat(user).hasContent("# mine\nminimumFreeMib = 1\nvcpus = 3\nmemoryMib = 96");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(user)))
        .isEqualTo("rw-------");
    assertThat(setting("vm.vcpus").get("source").asText()).isEqualTo("user_file");
    assertThat(setting("vm.vcpus").get("file").asText()).isEqualTo(user.toString());

    assertThat(banger.succeed("config", "unset", "vm.vcpus", "vm.memoryMib")).contains("  host\n");
    assertThat(user).hasContent("# mine\nminimumFreeMib = 1");
    assertThat(sizeOfNewMachine())
        .isEqualTo(
            setting("vm.vcpus").get("in_force").asText()
                + " "
                + setting("vm.memoryMib").get("in_force").asText());
  }

  @Test
  void a_wrong_value_is_refused_before_anything_changes() throws IOException {
    banger.succeed("config", "set", "vm.vcpus", "2");
    String before = Files.readString(user);
    assertThat(refused("config", "set", "vm.vcpus", "many").stderr())
        .contains("vm.vcpus: 'many' is no whole number");
    assertThat(refused("config", "set", "vm.vcpus", "256").stderr()).contains("out of bounds");
    assertThat(refused("config", "set", "qemu.accelerator", "warp").stderr())
        .contains("is not one of auto, kvm, tcg");
    assertThat(refused("config", "set", "vm.vcpu", "2").stderr())
        .contains("did you mean vm.vcpus?");
    assertThat(refused("config", "set", "vm.sshPortFirst", "40000").stderr())
        .contains("lies before sshPortFirst (40000); set both at once");
    assertThat(refused("config", "set", "image.imageSize", "huge").stderr()).contains("no size");
    assertThat(Files.readString(user)).isEqualTo(before);
    assertThat(user.resolveSibling("dev.banger.image.cfg")).doesNotExist();

    banger.succeed("config", "set", "vm.sshPortFirst", "40000", "vm.sshPortLast", "40999");
    assertThat(setting("vm.sshPortFirst").get("value").asText()).isEqualTo("40000");
  }

  @Test
  void a_bad_file_is_told_and_the_last_good_values_stay_while_the_daemon_runs() throws IOException {
    banger.succeed("config", "set", "vm.vcpus", "3");
    Files.writeString(user, "vcpus = lots\nvcpu = 1\nsshPortLast = 1\n");
    Installation.await(
        "the daemon to see it", SOON, () -> banger.log().contains("'lots' is no whole number"));
    assertThat(vcpusOfRequest()).isEqualTo("3");
    JsonNode all = banger.json("config", "list");
    assertThat(keys(all.get("problems"))).containsExactlyInAnyOrder("vcpus", "vcpu", "sshPortLast");
    assertThat(setting("vm.vcpus").get("value").asText()).isEqualTo("3");
    assertThat(setting("vm.vcpus").get("problem").asText()).contains("'3' is in force");
    assertThat(banger.succeed("config", "list")).contains("vm.vcpus !");
    assertThat(banger.banger("doctor").stdout())
        .contains("WARN  configuration")
        .contains("did you mean vcpus?");

    banger.succeed("daemon", "stop");
    assertThat(vcpusOfRequest())
        .isEqualTo(setting("vm.vcpus").get("in_force").asText())
        .isNotEqualTo("lots");
    assertThat(setting("vm.vcpus").get("source").asText()).isEqualTo("host");
    assertThat(setting("vm.vcpus").get("problem").asText()).contains("'0' is in force");
    Files.writeString(user, "vcpus = 2\n");
    awaitValue("vm.vcpus", "2");
    assertThat(banger.banger("doctor").stdout()).contains("PASS  configuration");
  }

  @Test
  void tells_where_each_value_comes_from_and_falls_back_to_what_is_underneath() throws IOException {
    assertThat(setting("vm.startTimeoutSeconds").get("source").asText())
        .isEqualTo("installation_file");
    assertThat(setting("vm.sshPortFirst").get("source").asText()).isEqualTo("built_in");
    assertThat(setting("vm.vcpus").get("source").asText()).isEqualTo("host");
    assertThat(setting("vm.consoleLimitBytes").get("source").asText()).isEqualTo("command_line");
    assertThat(setting("vm.hypervisor").get("in_force").isNull()).isTrue();

    banger.succeed("config", "set", "vm.startTimeoutSeconds", "90");
    assertThat(setting("vm.startTimeoutSeconds").get("value").asText()).isEqualTo("90");
    assertThat(banger.banger("config", "set", "vm.consoleLimitBytes", "8192").stderr())
        .contains("command line goes before");
    Files.delete(user);
    awaitValue("vm.startTimeoutSeconds", "100");
    Path installed = distribution.resolve("conf/dev.banger.vm.cfg");
    Files.writeString(installed, "startTimeoutSeconds=101\n");
    awaitValue("vm.startTimeoutSeconds", "101");
    Files.writeString(installed, "startTimeoutSeconds=100\n");
  }

  private static List<String> keys(JsonNode problems) {
    return StreamSupport.stream(problems.spliterator(), false)
        .map(each -> each.get("key").asText())
        .toList();
  }
}
