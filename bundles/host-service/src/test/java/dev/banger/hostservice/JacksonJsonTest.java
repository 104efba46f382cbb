// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.doctor.Finding;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestFile;
import dev.banger.host.DaemonStatus;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Lifetime;
import dev.banger.vm.NetworkMode;
import dev.banger.vm.SizedSpec;
import dev.banger.vm.Vm;
import dev.banger.vm.VmFiles;
import dev.banger.vm.VmNetwork;
import dev.banger.vm.VmSpec;
import dev.banger.vm.VmState;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JacksonJsonTest {
  private final JacksonJson json = new JacksonJson();

  private void assertRefused(String text, Class<?> type, String... words) {
    assertThatThrownBy(() -> json.read(text, type))
        .hasMessageContainingAll(words)
        .message()
        .doesNotContain("dev.banger", "java.lang");
    assertThatThrownBy(() -> json.read(text, type))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.BAD_REQUEST);
  }

  @Test
  void writes_names_times_paths_and_constants_as_documented() {
    DaemonStatus status =
        new DaemonStatus(
            7,
            "1",
            Instant.parse("2026-01-31T12:00:00Z"),
            Path.of("/run/b.sock"),
            Path.of("/c"),
            Path.of("/s"),
            Path.of("/k"),
            Path.of("/r"),
            null);
    assertThat(json.write(status))
        .isEqualTo(
            "{\"pid\":7,\"version\":\"1\",\"started_at\":\"2026-01-31T12:00:00Z\","
                + "\"socket\":\"/run/b.sock\",\"configuration\":\"/c\",\"state\":\"/s\","
                + "\"cache\":\"/k\",\"run\":\"/r\",\"log\":null}");
    assertThat(json.write(Finding.pass("java", "fine")))
        .isEqualTo(
            "{\"check\":\"java\",\"status\":\"pass\",\"detail\":\"fine\",\"remedy\":null,"
                + "\"packages\":[]}");
    assertThat(json.write(Duration.ofMillis(2_500))).isEqualTo("\"PT2.5S\"");
    assertThat(json.write(new GuestFile("/a", 420, new byte[] {1, 2, 3})))
        .contains("\"content\":\"AQID\"");
    assertThat(json.writePretty(Map.of("a", 1))).isEqualTo("{\n  \"a\" : 1\n}\n");
  }

  @Test
  void reads_back_every_field_of_a_machine() {
    Vm vm =
        new Vm(
            "0123456789ab",
            "one",
            VmState.RUNNING,
            new VmSpec(2, 2048, 8L << 30, 1L << 30, NetworkMode.USER),
            "ba9876543210",
            "debian",
            "kernel",
            "qemu",
            new VmNetwork("m", "a", "g", List.of("n"), "h", 22),
            new VmFiles(
                Path.of("/a b/é"),
                Path.of("/r"),
                Path.of("/c"),
                Path.of("/l"),
                Path.of("/h"),
                null),
            new MachineHandle("qemu", 1, 2, "b", "tcg", Path.of("/x"), Path.of("/y")),
            List.of("nat"),
            null,
            Instant.parse("2026-01-31T12:00:00.123456789Z"),
            null,
            Map.of("team", "red"),
            new Lifetime(Instant.parse("2026-02-01T00:00:00Z"), Duration.ofMinutes(30)),
            null,
            List.of());
    assertThat(json.read(json.write(vm), Vm.class)).isEqualTo(vm);
    SizedSpec sized =
        new SizedSpec(
            vm.spec(),
            SizedSpec.Origin.FLAG,
            SizedSpec.Origin.HOST,
            SizedSpec.Origin.BUILTIN,
            SizedSpec.Origin.CONFIG);
    assertThat(json.read(json.write(sized), SizedSpec.class)).isEqualTo(sized);
  }

  @Test
  void takes_what_is_left_out_as_null_or_empty() {
    assertThat(json.read("{}", CreateVm.class)).isEqualTo(CreateVm.builder().build());
    assertThat(json.read("{\"check\":\"x\",\"status\":\"FAIL\"}", Finding.class))
        .isEqualTo(Finding.fail("x", null, null));
    assertThat(json.read("{\"check\":\"x\",\"packages\":null}", Finding.class).packages())
        .isEmpty();
  }

  @Test
  void names_the_field_that_is_wrong() {
    assertRefused("{\"colour\":1}", CreateVm.class, "unknown field 'colour'", "memory_mib");
    assertRefused("{\"vcpus\":\"many\"}", CreateVm.class, "field 'vcpus'");
    assertRefused("{\"vcpus\":\"2\"}", CreateVm.class, "field 'vcpus'");
    assertRefused("{\"vcpus\":2.5}", CreateVm.class, "field 'vcpus'");
    assertRefused("{\"vcpus\":99999999999}", CreateVm.class, "field 'vcpus'");
    assertRefused("{\"network\":\"token-ring\"}", CreateVm.class, "field 'network'");
    assertRefused("{\"vcpus\":1,\"vcpus\":2}", CreateVm.class, "vcpus");
    assertRefused("{\"rows\":24}", dev.banger.guest.TerminalSize.class, "columns");
    assertRefused("{\"packages\":[1,{}]}", Finding.class, "field 'packages[1]'");
    assertThat(json.read("{\"vcpus\":2,\"network\":\"user\"}", CreateVm.class).vcpus())
        .isEqualTo(2);
  }

  @Test
  void refuses_what_is_not_one_value() {
    assertRefused("", CreateVm.class, "not the JSON that was expected");
    assertRefused("null", CreateVm.class, "not null");
    assertRefused("{", CreateVm.class, "not the JSON that was expected");
    assertRefused("{} {}", CreateVm.class, "not the JSON that was expected");
    assertRefused("[]", CreateVm.class, "not the JSON that was expected");
  }
}
