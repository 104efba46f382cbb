// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.HypervisorStatus;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.MachineStatistics;
import dev.banger.hypervisor.PortForward;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A hypervisor whose machines are entries of a map, with a guest agent in each. */
final class FakeHypervisor implements Hypervisor {
  private static final String END_OF_DISK = " whole";

  final List<MachineConfig> started = new CopyOnWriteArrayList<>();
  final List<String> signals = new CopyOnWriteArrayList<>();
  final List<String> swept = new CopyOnWriteArrayList<>();

  /** The look at what a first service finds, which is nothing, ends with this. */
  final CountDownLatch named = new CountDownLatch(1);

  private final Map<Long, Machine> machines = new ConcurrentHashMap<>();
  private final AtomicLong lastPid = new AtomicLong(1000);
  private final AtomicLong lastDisk = new AtomicLong();
  private final Faults faults;
  final List<String> grown = new CopyOnWriteArrayList<>();
  volatile Duration processorTime = Duration.ZERO;
  volatile boolean guestIgnoresPowerOff;
  volatile boolean guestDiesAtBoot;
  volatile boolean guestIsSilent;
  final CountDownLatch powerOffAsked = new CountDownLatch(1);
  volatile Supplier<ByteChannel> otherAgent;
  volatile Consumer<MachineConfig> beforeStart = config -> {};
  volatile Runnable beforeOpenAgent = () -> {};
  volatile Runnable beforePowerOff = () -> {};
  volatile Runnable beforeTerminate = () -> {};
  volatile Runnable beforeSweep = () -> {};
  private final AtomicReference<Runnable> afterAlive = new AtomicReference<>();
  volatile Disk.Format rootDiskFormat = Disk.Format.QCOW2;
  volatile Disk.Format madeFormat;

  FakeHypervisor(Faults faults) {
    this.faults = faults;
  }

  /** How many machines run. */
  int running() {
    return machines.size();
  }

  /** Ends all machines as a crash of theirs would. */
  void killAll() {
    List.copyOf(machines.keySet()).forEach(this::end);
  }

  /** Does something between the next look whether a machine is alive and what is made of it. */
  void afterNextAlive(Runnable action) {
    afterAlive.set(action);
  }

  /** Ends the machines of a name as a crash of theirs would. */
  void kill(String name) {
    machines.forEach(
        (pid, machine) -> {
          if (machine.name.equals(name)) {
            end(pid);
          }
        });
  }

  /** The process ids of the machines that run, by the ids of the machines. */
  Map<String, Long> pids() {
    Map<String, Long> pids = new HashMap<>();
    machines.forEach(
        (pid, machine) -> {
          if (pids.put(machine.vmId, pid) != null) {
            throw new AssertionError("two VMMs of " + machine.name);
          }
        });
    return pids;
  }

  @Override
  public String name() {
    named.countDown();
    return "fake";
  }

  @Override
  public HypervisorStatus status(Operation operation) {
    return new HypervisorStatus(true, "1", "tcg", "fake");
  }

  @Override
  public Disk.Format rootDiskFormat() {
    return rootDiskFormat;
  }

  @Override
  public Disk createRootDisk(Path image, Path target, long sizeBytes, Operation operation) {
    try {
      // What a guest would write: no two disks are the same.
      Files.writeString(target, "disk " + lastDisk.incrementAndGet() + END_OF_DISK);
    } catch (IOException e) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, "the disk cannot be made", e);
    }
    faults.at("root_disk");
    return new Disk("root", target, madeFormat == null ? rootDiskFormat : madeFormat, false);
  }

  @Override
  public void growDisk(Disk disk, long sizeBytes, Operation operation) {
    faults.at("grow_disk");
    grown.add(disk.serial() + " " + sizeBytes);
  }

  @Override
  public void growRunningDisk(
      MachineHandle handle, Disk disk, long sizeBytes, Operation operation) {
    faults.at("grow_running_disk");
    grown.add("running " + disk.serial() + " " + sizeBytes);
  }

  @Override
  public MachineStatistics statistics(MachineHandle handle, Operation operation) {
    if (!machines.containsKey(handle.pid())) {
      throw new BangerException(ErrorCode.NOT_RUNNING, "no such machine");
    }
    return new MachineStatistics(processorTime, 1 << 20, 0, 0, 1);
  }

  @Override
  public MachineHandle start(MachineConfig config, Operation operation) {
    beforeStart.accept(config);
    faults.at("hypervisor");
    if (!SshPorts.isFree(config.portForwards().get(0).hostPort())) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, "the port is taken");
    }
    requireWholeDisk(config.disks().get(0));
    started.add(config);
    long pid = lastPid.incrementAndGet();
    machines.put(pid, new Machine(config.vmId(), config.name(), new CopyOnWriteArrayList<>()));
    faults.at("vmm_runs");
    Path directory = Path.of(config.runtimeDirectory().toString()); // as a handle names it
    return new MachineHandle(
        "fake", pid, 1, "boot", "tcg", directory.resolve("control"), directory.resolve("agent"));
  }

  private static void requireWholeDisk(Disk root) {
    try {
      if (!Files.readString(root.path()).endsWith(END_OF_DISK)) {
        throw new BangerException(ErrorCode.CORRUPT, "half a disk");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean alive(MachineHandle handle) {
    faults.requireLife();
    boolean alive = machines.containsKey(handle.pid()) && handle.bootId().equals("boot");
    Runnable action = afterAlive.getAndSet(null);
    if (action != null) {
      action.run();
    }
    return alive;
  }

  @Override
  public ByteChannel openAgent(MachineHandle handle, Operation operation) {
    beforeOpenAgent.run();
    Machine machine = machines.get(handle.pid());
    if (machine == null) {
      throw new BangerException(ErrorCode.NOT_RUNNING, "no such machine");
    }
    faults.at("open_agent");
    if (otherAgent != null) {
      return otherAgent.get();
    }
    SocketPair pair = SocketPair.open();
    machine.channels.add(pair.guest());
    Runnable agent =
        () ->
            new FakeAgent(
                    pair.guest(),
                    () -> {
                      powerOffAsked.countDown();
                      beforePowerOff.run();
                      if (!guestIgnoresPowerOff) {
                        end(handle.pid());
                      }
                    })
                .serve();
    if (guestDiesAtBoot) {
      agent = () -> end(handle.pid());
    }
    if (guestIsSilent) {
      return pair.host();
    }
    Thread thread = new Thread(agent, "fake-agent");
    thread.setDaemon(true);
    thread.start();
    return pair.host();
  }

  @Override
  public void addPortForward(MachineHandle handle, PortForward forward, Operation operation) {}

  @Override
  public void removePortForward(MachineHandle handle, PortForward forward, Operation operation) {}

  @Override
  public void signal(MachineHandle handle, String signal, Operation operation) {
    signals.add(signal);
  }

  @Override
  public void terminate(MachineHandle handle, Operation operation) {
    faults.at("before_terminate");
    beforeTerminate.run();
    end(handle.pid());
    faults.at("terminate");
  }

  @Override
  public void sweep(String vmId, Path runtimeDirectory, Operation operation) {
    faults.at("before_sweep");
    beforeSweep.run();
    swept.add(vmId);
    new ArrayList<>(machines.entrySet())
        .stream()
            .filter(entry -> entry.getValue().vmId.equals(vmId))
            .forEach(entry -> end(entry.getKey()));
    faults.at("sweep");
  }

  private void end(long pid) {
    Machine machine = machines.remove(pid);
    if (machine != null) {
      for (ByteChannel channel : machine.channels) {
        try {
          channel.close();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private record Machine(String vmId, String name, List<ByteChannel> channels) {}
}
