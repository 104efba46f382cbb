// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.Operation;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Lifetime;
import dev.banger.vm.NetworkMode;
import dev.banger.vm.PruneVms;
import dev.banger.vm.SizedSpec;
import dev.banger.vm.SizedSpec.Origin;
import dev.banger.vm.Vm;
import dev.banger.vm.VmFiles;
import dev.banger.vm.VmNetwork;
import dev.banger.vm.VmService;
import dev.banger.vm.VmSpec;
import dev.banger.vm.VmState;
import dev.banger.vm.VmStatistics;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Machines in memory; every call is written down and each can be made to fail. */
public final class FakeVms implements VmService {
  private static final MachineHandle HANDLE =
      new MachineHandle(
          "qemu", 2, 1, "boot", "tcg", Path.of("/run/x/qmp"), Path.of("/run/x/agent"));

  public final List<Vm> vms = Collections.synchronizedList(new ArrayList<>());
  public final List<String> calls = Collections.synchronizedList(new ArrayList<>());
  public final Map<String, RuntimeException> failures = new HashMap<>();
  public final Map<String, Runnable> meanwhile = new HashMap<>();
  public CreateVm request;
  public ChangeVm change;
  public Function<Vm, VmStatistics> statistics =
      vm -> new VmStatistics(vm, Instant.parse("2026-01-02T03:04:05Z"), 0, null, null, null);
  public Path consoleLog = Path.of("/state/vms/x/console.log");

  public Vm add(String id, String name, VmState state) {
    Vm vm =
        new Vm(
            id,
            name,
            state,
            new VmSpec(1, 3072, 8L << 30, 8L << 30, NetworkMode.USER),
            "0123456789ab",
            "debian-bookworm",
            "debian-cloud",
            "qemu",
            new VmNetwork(
                "52:54:00:00:00:01",
                "10.0.2.15/24",
                "10.0.2.2",
                List.of("10.0.2.3"),
                "127.0.0.1",
                20022),
            new VmFiles(
                Path.of("/state/vms/" + id),
                Path.of("/state/vms/" + id + "/root.qcow2"),
                Path.of("/state/vms/" + id + "/config.tar"),
                consoleLog,
                Path.of("/state/vms/" + id + "/handles.json"),
                Path.of("/state/vms/" + id + "/work.raw")),
            null,
            List.of(),
            null,
            Instant.parse("2026-01-02T03:04:05Z"),
            null,
            Map.of(),
            Lifetime.UNLIMITED,
            null,
            List.of());
    vms.add(vm);
    return vm;
  }

  private void called(String verb, String reference, Operation operation) {
    calls.add(verb + " " + reference);
    operation.check();
    meanwhile.getOrDefault(verb + " " + reference, () -> {}).run();
    meanwhile.getOrDefault(verb, () -> {}).run();
    for (String key : List.of(verb, verb + " " + reference)) {
      if (failures.containsKey(key)) {
        throw failures.get(key);
      }
    }
  }

  @Override
  public List<Vm> list() {
    return List.copyOf(vms);
  }

  @Override
  public Vm find(String reference) {
    return list().stream()
        .filter(vm -> vm.id().equals(reference) || vm.name().equals(reference))
        .findFirst()
        .orElseThrow(
            () -> new BangerException(ErrorCode.NOT_FOUND, "VM '" + reference + "' not found"));
  }

  @Override
  public SizedSpec size(CreateVm wanted) {
    return new SizedSpec(
        new VmSpec(
            wanted.vcpus() == null ? 1 : wanted.vcpus(),
            wanted.memoryMib() == null ? 3072 : wanted.memoryMib(),
            wanted.diskBytes() == null ? 8L << 30 : wanted.diskBytes(),
            wanted.workDiskBytes() == null ? 8L << 30 : wanted.workDiskBytes(),
            NetworkMode.USER),
        wanted.vcpus() == null ? Origin.HOST : Origin.FLAG,
        wanted.memoryMib() == null ? Origin.CONFIG : Origin.FLAG,
        wanted.diskBytes() == null ? Origin.BUILTIN : Origin.FLAG,
        wanted.workDiskBytes() == null ? Origin.BUILTIN : Origin.FLAG);
  }

  @Override
  public Vm create(CreateVm wanted, Operation operation) {
    request = wanted;
    operation.progress().stage("reserve", "reserving name and addresses");
    called("create", String.valueOf(wanted.name()), operation);
    return add(
        "aaaaaaaaaaaa", wanted.name() == null ? "calm-otter" : wanted.name(), VmState.CREATED);
  }

  @Override
  public Vm start(String reference, Operation operation) {
    operation.progress().stage("boot", "booting");
    called("start", reference, operation);
    Vm started = find(reference).running(HANDLE, Instant.parse("2026-01-02T03:04:06Z"));
    vms.replaceAll(vm -> vm.id().equals(started.id()) ? started : vm);
    return started;
  }

  @Override
  public Vm stop(String reference, Duration grace, Operation operation) {
    called("stop", reference, operation);
    return find(reference);
  }

  @Override
  public Vm restart(String reference, Duration grace, Operation operation) {
    called("restart", reference, operation);
    return find(reference);
  }

  @Override
  public Vm kill(String reference, String signal, Operation operation) {
    called("kill " + signal, reference, operation);
    return find(reference);
  }

  @Override
  public void delete(String reference, Operation operation) {
    called("delete", reference, operation);
    vms.removeIf(vm -> vm.id().equals(reference));
  }

  @Override
  public Vm abandon(String reference, Operation operation) {
    called("abandon", reference, operation);
    return find(reference);
  }

  @Override
  public Vm set(String reference, ChangeVm wanted, Operation operation) {
    change = wanted;
    called("set", reference, operation);
    return find(reference);
  }

  @Override
  public Vm rename(String reference, String name, Operation operation) {
    called("rename", reference + " " + name, operation);
    return find(reference).withName(name);
  }

  @Override
  public Vm touch(String reference, Operation operation) {
    called("touch", reference, operation);
    return find(reference);
  }

  @Override
  public Vm reset(String reference, Operation operation) {
    called("reset", reference, operation);
    return find(reference);
  }

  @Override
  public List<Vm> prune(PruneVms selection, Operation operation) {
    called("prune", String.valueOf(selection), operation);
    return list().stream().filter(vm -> vm.state() != VmState.RUNNING).toList();
  }

  @Override
  public VmStatistics statistics(String reference, Operation operation) {
    called("statistics", reference, operation);
    return statistics.apply(find(reference));
  }
}
