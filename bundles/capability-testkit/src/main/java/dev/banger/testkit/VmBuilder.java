// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit;

import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.PortForward;
import dev.banger.vm.Lifetime;
import dev.banger.vm.NetworkMode;
import dev.banger.vm.Vm;
import dev.banger.vm.VmFiles;
import dev.banger.vm.VmNetwork;
import dev.banger.vm.VmSpec;
import dev.banger.vm.VmState;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Makes records of machines such as banger makes them: every field has a value that it may have, in
 * whichever state. Two of one name have one id. Not safe for use by many threads.
 */
public final class VmBuilder {
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
  private static final Instant CREATED = Instant.parse("2026-01-01T12:00:00Z");
  private static final Instant STARTED = CREATED.plusSeconds(60);

  /** Beyond any process id: PID_MAX_LIMIT of Linux is 2^22. */
  private static final long NOBODY = 1L << 30;

  private static final int FIRST_PORT = 20_000;
  private static final int PORTS = 10_000;

  private final String name;
  private final String id;
  private VmState state = VmState.CREATED;
  private String lastError;
  private Path directory;
  private VmSpec spec = new VmSpec(2, 512, 8L << 30, 0, NetworkMode.USER);
  private String hypervisor = "fake";
  private String image = "debian-12";
  private List<String> capabilities = List.of();
  private Map<String, String> labels = Map.of();
  private Lifetime lifetime = Lifetime.UNLIMITED;
  private List<PortForward> ports = List.of();

  private VmBuilder(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("no name of a machine: " + name);
    }
    this.name = name;
    this.id = "%012x".formatted((name.hashCode() & 0xffff_ffffL) * 0x9e37L & 0xffff_ffff_ffffL);
    this.directory = Path.of("/nonexistent/banger/vms", id);
  }

  /**
   * A machine that was created and never ran.
   *
   * @param name a DNS label
   * @throws IllegalArgumentException for another name
   */
  public static VmBuilder vm(String name) {
    return new VmBuilder(name);
  }

  /** It runs. Its VMM has a process id that no process ever has. */
  public VmBuilder running() {
    state = VmState.RUNNING;
    lastError = null;
    return this;
  }

  /** It ran and was stopped. */
  public VmBuilder stopped() {
    state = VmState.STOPPED;
    lastError = null;
    return this;
  }

  /** Its last start failed. */
  public VmBuilder failed(String error) {
    state = VmState.ERROR;
    lastError = error;
    return this;
  }

  /**
   * Where its files are to be.
   *
   * @param path its own directory, which is neither made nor looked at; unless this is called, one
   *     that is not there
   */
  public VmBuilder directory(Path path) {
    directory = path;
    return this;
  }

  /** Its size. */
  public VmBuilder spec(VmSpec size) {
    spec = size;
    return this;
  }

  /** Gives it a work disk of a size in bytes. */
  public VmBuilder workDisk(long bytes) {
    spec = new VmSpec(spec.vcpus(), spec.memoryMib(), spec.diskBytes(), bytes, spec.network());
    return this;
  }

  /** The name of the hypervisor that runs it; {@code fake} unless this is called. */
  public VmBuilder hypervisor(String other) {
    hypervisor = other;
    return this;
  }

  /** The name of its image. */
  public VmBuilder image(String other) {
    image = other;
    return this;
  }

  /** The capabilities that were applied to it. */
  public VmBuilder capabilities(String... names) {
    capabilities = List.of(names);
    return this;
  }

  /** Adds a label. */
  public VmBuilder label(String key, String value) {
    labels = new TreeMap<>(labels);
    labels.put(key, value);
    return this;
  }

  /** When it ends by itself. */
  public VmBuilder lifetime(Lifetime other) {
    lifetime = other;
    return this;
  }

  /** The ports of its guest that are published. */
  public VmBuilder ports(PortForward... forwards) {
    ports = List.of(forwards);
    return this;
  }

  /** The record. */
  public Vm build() {
    boolean ran = state != VmState.CREATED;
    return new Vm(
        id,
        name,
        state,
        spec,
        "1a9e" + id.substring(4),
        image,
        "debian-12",
        hypervisor,
        network(),
        new VmFiles(
            directory,
            directory.resolve("root.qcow2"),
            directory.resolve("config.img"),
            directory.resolve("console.log"),
            directory.resolve("handles.json"),
            spec.workDiskBytes() == 0 ? null : directory.resolve("work.img")),
        state == VmState.RUNNING ? handle(hypervisor, directory) : null,
        capabilities,
        lastError,
        CREATED,
        ran ? STARTED : null,
        labels,
        lifetime,
        ran ? STARTED : null,
        ports);
  }

  private static MachineHandle handle(String hypervisor, Path directory) {
    return new MachineHandle(
        hypervisor,
        NOBODY,
        1,
        "00000000-0000-4000-8000-000000000000",
        "tcg",
        directory.resolve("run/control.sock"),
        directory.resolve("run/agent.sock"));
  }

  /** The record of a machine once it runs, as at the end of its start. */
  public static Vm running(Vm vm) {
    return vm.running(handle(vm.hypervisor(), vm.files().directory()), STARTED);
  }

  private VmNetwork network() {
    return new VmNetwork(
        "52:54:00:" + id.substring(0, 2) + ":" + id.substring(2, 4) + ":" + id.substring(4, 6),
        "10.0.2.15/24",
        "10.0.2.2",
        List.of("10.0.2.3"),
        "127.0.0.1",
        FIRST_PORT + Math.floorMod(name.hashCode(), PORTS));
  }
}
