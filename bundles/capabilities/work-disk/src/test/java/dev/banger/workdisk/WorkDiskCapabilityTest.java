// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.workdisk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestConfig;
import dev.banger.guest.GuestService;
import dev.banger.guest.Mount;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.image.Image;
import dev.banger.image.ImageConfig;
import dev.banger.image.ImageService;
import dev.banger.operation.Operation;
import dev.banger.vm.NetworkMode;
import dev.banger.vm.Vm;
import dev.banger.vm.VmFiles;
import dev.banger.vm.VmSpec;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkDiskCapabilityTest {
  private static final Operation OPERATION = Operation.background();
  private static final long MIB = 1L << 20;

  @TempDir private Path directory;
  private Path seed;
  private final WorkDiskCapability capability = new WorkDiskCapability();
  private final List<String> calls = new ArrayList<>();
  private boolean running;
  private long guestKnows;

  @BeforeEach
  void install() throws IOException {
    seed = directory.resolve("work-seed.ext4");
    byte[] content = new byte[200 * 1024];
    Arrays.fill(content, 0, 10, (byte) 7);
    Arrays.fill(content, content.length - 10, content.length, (byte) 8);
    Files.write(seed, content);
    capability.images = service(ImageService.class, (proxy, method, arguments) -> image(seed));
    capability.hypervisors =
        List.of(
            service(
                Hypervisor.class,
                (proxy, method, arguments) -> {
                  switch (method.getName()) {
                    case "name":
                      return "fake";
                    case "alive":
                      return running;
                    default:
                      int disk = method.getName().equals("growDisk") ? 0 : 1;
                      calls.add(method.getName() + " " + arguments[disk + 1]);
                      assertThat(((Disk) arguments[disk]).serial()).isEqualTo("work");
                      return null;
                  }
                }));
    capability.guests =
        service(
            GuestService.class,
            (proxy, method, arguments) -> {
              calls.add(method.getName() + " " + arguments[0] + " " + arguments[1]);
              long known = guestKnows;
              guestKnows = 64 * MIB;
              return known;
            });
  }

  private static <T> T service(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  @Test
  void the_disk_begins_with_the_seed_and_has_the_size_asked_for() throws IOException {
    Vm vm = vm(32 * MIB);
    capability.prepareHost(vm, OPERATION);
    Path disk = vm.files().workDisk();
    assertThat(Files.size(disk)).isEqualTo(32 * MIB);
    byte[] content = Files.readAllBytes(disk);
    byte[] begin = Files.readAllBytes(seed);
    assertThat(Arrays.copyOf(content, begin.length)).isEqualTo(begin);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(disk)))
        .isEqualTo("rw-------");
    assertThat(directory).isDirectoryNotContaining("glob:**.new");
  }

  @Test
  void a_disk_that_is_there_is_left_as_it_is() throws IOException {
    Vm vm = vm(32 * MIB);
    Files.writeString(vm.files().workDisk(), "a home");
    capability.prepareHost(vm, OPERATION);
    assertThat(vm.files().workDisk()).hasContent("a home");
  }

  @Test
  void what_an_attempt_left_that_was_cut_short_is_replaced() throws IOException {
    Vm vm = vm(MIB);
    Files.writeString(directory.resolve("work.raw.new"), "half");
    capability.prepareHost(vm, OPERATION);
    assertThat(vm.files().workDisk()).hasSize(MIB);
    assertThat(directory.resolve("work.raw.new")).doesNotExist();
  }

  @Test
  void a_failure_leaves_no_disk_and_says_what_to_do() throws IOException {
    Vm vm = vm(MIB);
    Files.delete(seed);
    refused(ErrorCode.CORRUPT, "refresh-seed debian", () -> capability.prepareHost(vm, OPERATION));
    seed = null;
    refused(ErrorCode.CORRUPT, "refresh-seed debian", () -> capability.prepareHost(vm, OPERATION));
    seed = Files.write(directory.resolve("seed"), new byte[100]);
    Operation cancelled = Operation.background();
    cancelled.cancel("no more");
    refused(ErrorCode.CANCELLED, "no more", () -> capability.prepareHost(vm, cancelled));
    assertThat(directory).isDirectoryNotContaining("glob:**work.raw*");
    capability.prepareHost(vm, OPERATION);
    assertThat(vm.files().workDisk()).exists();
  }

  @Test
  void the_guest_gets_the_disk_as_the_home_of_root() {
    Vm vm = vm(MIB);
    GuestConfig.Additions guest = new GuestConfig.Additions();
    MachineConfig.Additions machine = new MachineConfig.Additions();
    capability.contribute(vm, guest, OPERATION);
    capability.contribute(vm, machine, OPERATION);
    assertThat(guest.mounts()).containsExactly(new Mount("work", "/root"));
    assertThat(machine.disks())
        .containsExactly(new Disk("work", vm.files().workDisk(), Disk.Format.RAW, false));
  }

  @Test
  void a_disk_grows_before_the_change_is_recorded() throws IOException {
    Vm small = vm(32 * MIB);
    Vm large = vm(64 * MIB);
    capability.prepareChange(small, large, OPERATION);
    assertThat(calls).as("not made yet").isEmpty();

    Files.createFile(small.files().workDisk());
    capability.prepareChange(small, small, OPERATION);
    assertThat(calls).isEmpty();
    capability.prepareChange(small, large, OPERATION);
    assertThat(calls).containsExactly("growDisk " + 64 * MIB);
  }

  @Test
  void the_disk_of_a_running_machine_grows_until_its_guest_knows() {
    running = true;
    capability.prepareChange(vm(32 * MIB), running(vm(64 * MIB)), OPERATION);
    assertThat(calls)
        .containsExactly("growRunningDisk " + 64 * MIB, "grow web /root", "grow web /root");
  }

  @Test
  void what_is_being_updated_is_named() {
    Vm small = vm(32 * MIB);
    capability.images = null;
    refused(ErrorCode.UNAVAILABLE, "images", () -> capability.prepareHost(small, OPERATION));
    capability.guests = null;
    Vm large = vm(64 * MIB);
    refused(
        ErrorCode.UNAVAILABLE, "guests", () -> capability.prepareChange(small, large, OPERATION));
    capability.hypervisors = List.of();
    refused(ErrorCode.UNAVAILABLE, "fake", () -> capability.prepareChange(small, large, OPERATION));
  }

  private static void refused(ErrorCode code, String message, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            BangerException.class, refusal -> assertThat(refusal.code()).isEqualTo(code))
        .hasMessageContaining(message);
  }

  private static Vm running(Vm vm) {
    MachineHandle handle =
        new MachineHandle("fake", 2, 1, "boot", "tcg", Path.of("control"), Path.of("agent"));
    return vm.running(handle, Instant.EPOCH);
  }

  private Vm vm(long workDiskBytes) {
    return new Vm(
        "0123456789ab",
        "web",
        VmState.CREATED,
        new VmSpec(1, 64, MIB, workDiskBytes, NetworkMode.USER),
        "image-id",
        "debian",
        "kernel",
        "fake",
        null,
        new VmFiles(
            directory,
            directory.resolve("root"),
            directory.resolve("config"),
            directory.resolve("console"),
            directory.resolve("handles"),
            directory.resolve("work.raw")),
        null,
        List.of(),
        null,
        Instant.EPOCH,
        null,
        null,
        null,
        null,
        null);
  }

  private static Image image(Path workSeed) {
    return new Image(
        "image-id",
        "debian",
        "debian",
        "trixie",
        "amd64",
        "kernel",
        Path.of("rootfs.ext4"),
        MIB,
        MIB,
        "test",
        null,
        ImageConfig.NONE,
        false,
        Instant.EPOCH,
        workSeed);
  }
}
