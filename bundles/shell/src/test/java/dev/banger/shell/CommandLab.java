// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.capability.InstalledCapability;
import dev.banger.command.CommandContributor;
import dev.banger.host.BangerDirectories;
import dev.banger.host.Daemon;
import dev.banger.host.DaemonStatus;
import dev.banger.shell.configuration.ConfigCommands;
import dev.banger.shell.host.DaemonCommands;
import dev.banger.shell.host.Doctor;
import dev.banger.shell.host.DoctorChecks;
import dev.banger.shell.host.DoctorContributor;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.host.VersionContributor;
import dev.banger.shell.image.ImageCommands;
import dev.banger.shell.kernel.KernelCommands;
import dev.banger.shell.operation.OperationCommands;
import dev.banger.shell.plugin.PluginCommands;
import dev.banger.shell.release.UpdateContributor;
import dev.banger.shell.vm.EventsContributor;
import dev.banger.shell.vm.PsCommand;
import dev.banger.shell.vm.VmCommands;
import dev.banger.testkit.MemoryEventStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** All commands over fakes. */
public final class CommandLab {
  public final FakeVms vms = new FakeVms();
  public final MemoryEventStream events = new MemoryEventStream();
  public final FakeGuests guests = new FakeGuests();
  public final FakeImages images = new FakeImages();
  public final FakeOperations operations = new FakeOperations();
  public final FakePlugins plugins = new FakePlugins();
  public final FakeReleases releases = new FakeReleases();
  public final FakeKernels kernels = new FakeKernels();
  public final FakeConfiguration configuration = new FakeConfiguration();
  public final FakeStoreRepair store = new FakeStoreRepair();
  public final List<CommandContributor> contributors = new ArrayList<>();
  public final List<String> daemonCalls = new ArrayList<>();
  public FakeConsole console = new FakeConsole();
  public Path state = Path.of("/state");
  private final SteadyServices services = new SteadyServices(Duration.ofSeconds(10));

  public CommandLab() {
    this(Doctor.with(), Doctor.fit());
  }

  /** Those that are there. */
  public List<InstalledCapability> capabilities = List.of();

  public CommandLab(DoctorChecks doctor, FirstUse firstUse) {
    services.vms = vms;
    services.guests = guests;
    services.images = images;
    services.kernels = kernels;
    services.json = new TestJson();
    services.directories = directories();
    contributors.add(new VmCommands(services, events, firstUse, operations, () -> capabilities));
    contributors.add(new EventsContributor(events, services));
    contributors.add(new OperationCommands(operations, services));
    contributors.add(new PluginCommands(plugins, services));
    contributors.add(new UpdateContributor(releases, services));
    contributors.add(new PsCommand(services));
    contributors.add(new ImageCommands(services, firstUse));
    contributors.add(new KernelCommands(services, firstUse));
    contributors.add(new DoctorContributor(doctor, firstUse, services));
    contributors.add(new DaemonCommands(daemon(), services, store));
    contributors.add(new ConfigCommands(configuration, services));
    contributors.add(new VersionContributor(daemon(), services));
  }

  private Daemon daemon() {
    return new Daemon() {
      @Override
      public DaemonStatus status() {
        Path path = Path.of("/x");
        Instant start = Instant.parse("2026-01-02T03:04:05Z");
        return new DaemonStatus(4711, "0.1.0", start, path, path, path, path, path, null);
      }

      @Override
      public void stop() {
        daemonCalls.add("stop");
      }
    };
  }

  public ContributedCommands commands() {
    ContributedCommands commands = new ContributedCommands(services, contributors);
    commands.plugins = plugins;
    return commands;
  }

  SteadyServices services() {
    return services;
  }

  private BangerDirectories directories() {
    return new BangerDirectories() {
      @Override
      public Path configuration() {
        return state;
      }

      @Override
      public Path state() {
        return state;
      }

      @Override
      public Path cache() {
        return state;
      }

      @Override
      public Path run() {
        return state;
      }
    };
  }

  public int run(String... argv) {
    return commands().run(List.of(argv), console);
  }

  public String out() {
    return console.stdoutText();
  }

  public String err() {
    return console.stderrText();
  }
}
