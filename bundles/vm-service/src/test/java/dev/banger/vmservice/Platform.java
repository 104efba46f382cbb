// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.banger.capability.Capability;
import dev.banger.guest.GuestService;
import dev.banger.host.BangerDirectories;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.image.Image;
import dev.banger.image.ImageConfig;
import dev.banger.operation.Operation;
import dev.banger.testkit.MemoryEventStream;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;

/** The services of this bundle over fakes, in a directory of their own. */
final class Platform implements AutoCloseable, BangerDirectories {
  final Faults faults;
  final MemoryVmStore store;
  final FakeHypervisor hypervisor;
  final FakeCapability capability;
  final FakeWorkDisk workDisk = new FakeWorkDisk();
  final Map<String, Object> settings = new ConcurrentHashMap<>();
  private final Path root;
  final MemoryEventStream events = new MemoryEventStream();
  final FakeImages images;
  Capabilities capabilities;
  private final AgentHandover handover = AgentHandover.within(Duration.ofSeconds(30));
  private boolean bare;
  private volatile boolean replaced;
  private Hypervisors hypervisors;
  AgentConnections connections;
  private LifecycleVmService machines;
  private GuestService guests;

  Platform(Path root) {
    this(root, new Faults());
  }

  Platform(Path root, Faults faults) {
    this.root = root;
    this.faults = faults;
    this.store = new MemoryVmStore(faults);
    this.hypervisor = new FakeHypervisor(faults);
    this.capability = new FakeCapability(faults);
    try {
      Path rootfs = Files.write(root.resolve("rootfs.ext4"), new byte[4096]);
      this.images =
          new FakeImages(
              new Image(
                  "0123456789ab",
                  "debian",
                  "debian",
                  "trixie",
                  "amd64",
                  "kernel",
                  rootfs,
                  4096,
                  4096,
                  "test",
                  null,
                  ImageConfig.NONE,
                  false,
                  Instant.EPOCH,
                  Files.write(root.resolve("work-seed.ext4"), "seed".getBytes(UTF_8))),
              faults);
      Files.write(root.resolve("vmlinux"), new byte[1]);
      Files.write(root.resolve("initramfs"), new byte[1]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    settings.put("startTimeoutSeconds", 50); // hosts may stand still for seconds
    settings.put("minimumFreeMib", 0L);
    activate();
    awaitFirstLook();
  }

  /** What the service does of its own accord does not come in the middle of a test. */
  private void awaitFirstLook() {
    try {
      hypervisor.named.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Replaces the service by another instance, as an update or a restart of the daemon does. */
  void restart() {
    close();
    activate();
  }

  /** Restarts without capabilities. */
  void restartBare() {
    bare = true;
    restart();
  }

  /** Restarts with the capability that had been taken away. */
  void restartWithCapability() {
    bare = false;
    restart();
  }

  void activate() {
    activateBeforeHypervisors();
    hypervisors.add(hypervisor, Map.of());
  }

  /** A service that has nothing to reconcile with yet. */
  void activateBeforeHypervisors() {
    hypervisors = new Hypervisors();
    capabilities = new Capabilities((Bundle) null);
    add(workDisk, FakeWorkDisk.PROPERTIES);
    if (!bare) {
      add(capability);
    }
    connections = new AgentConnections(hypervisors, handover, () -> replaced);
    SshIdentity identity = new SshIdentity(this);
    KnownHosts knownHosts = new KnownHosts(identity);
    TestJson json = new TestJson();
    machines =
        new LifecycleVmService(
            configuration(settings),
            store,
            events,
            images,
            new FakeKernels(root, faults),
            this,
            hypervisors,
            connections,
            capabilities,
            identity,
            knownHosts,
            json,
            new FakeHostCommands());
    guests = new AgentGuestService(store, hypervisors, connections, json, identity, knownHosts);
  }

  /** As when this bundle is updated. */
  void update() {
    replaced = true;
    restart();
    replaced = false;
  }

  /** Replaces the capability by another. */
  void rename(String name) {
    capabilities.remove(capability);
    capability.name = name;
    add(capability);
  }

  /** Lets a capability arrive. */
  void add(Capability service) {
    add(service, Map.of());
  }

  /** Lets a capability with service properties arrive. */
  void add(Capability service, Map<String, Object> properties) {
    capabilities.add(service, properties, "example." + service.capability(), "1.0.0");
  }

  /** Another one that has no machines. */
  void hypervisorArrives(Hypervisor other) {
    hypervisors.add(other, Map.of());
  }

  void hypervisorLeaves() {
    hypervisors.remove(hypervisor);
  }

  /** As when a driver was updated. */
  void hypervisorArrives() {
    hypervisorLeaves();
    hypervisors.add(hypervisor, Map.of());
  }

  static VmConfiguration configuration(Map<String, Object> settings) {
    return (VmConfiguration)
        Proxy.newProxyInstance(
            Platform.class.getClassLoader(),
            new Class<?>[] {VmConfiguration.class},
            (proxy, method, arguments) ->
                settings.getOrDefault(method.getName(), method.getDefaultValue()));
  }

  LifecycleVmService machines() {
    return machines;
  }

  GuestService guests() {
    return guests;
  }

  Vm create(String name) {
    return machines.create(
        CreateVm.builder().name(name).vcpus(1).memoryMib(128L).diskBytes(1L << 30).build(),
        Operation.background());
  }

  Vm start(String name) {
    return machines.start(name, Operation.background());
  }

  Vm stored(Vm vm) {
    return store.findById(vm.id()).orElseThrow();
  }

  Path runDirectory(Vm vm) {
    return run().resolve("vm").resolve(vm.id());
  }

  /** The names of the files in a machine's directory. */
  List<String> files(Vm vm) {
    return names(vm.files().directory());
  }

  static List<String> names(Path directory) {
    if (!Files.exists(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Path configuration() {
    return root.resolve("conf");
  }

  @Override
  public Path state() {
    return directory("state");
  }

  @Override
  public Path cache() {
    return directory("cache");
  }

  @Override
  public Path run() {
    return directory("run");
  }

  private Path directory(String name) {
    DurableFiles.makeDirectory(root.resolve(name));
    return root.resolve(name);
  }

  @Override
  public void close() {
    try {
      machines.deactivate();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    connections.close();
  }
}
