// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.command.CommandContributor;
import dev.banger.event.MemoryEventStream;
import dev.banger.host.BangerDirectories;
import dev.banger.host.Daemon;
import dev.banger.host.DaemonStatus;
import dev.banger.shell.host.DaemonCommands;
import dev.banger.shell.host.Doctor;
import dev.banger.shell.host.DoctorChecks;
import dev.banger.shell.host.DoctorContributor;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.host.VersionContributor;
import dev.banger.shell.image.ImageCommands;
import dev.banger.shell.kernel.KernelCommands;
import dev.banger.shell.vm.EventsContributor;
import dev.banger.shell.vm.PsCommand;
import dev.banger.shell.vm.VmCommands;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** All commands over fakes. */
public final class CommandLab {
  public final FakeVms vms = new FakeVms();
  public final MemoryEventStream events = new MemoryEventStream();
  public final FakeGuests guests = new FakeGuests();
  public final FakeImages images = new FakeImages();
  public final FakeKernels kernels = new FakeKernels();
  public final List<CommandContributor> contributors = new ArrayList<>();
  public final List<String> daemonCalls = new ArrayList<>();
  public FakeConsole console = new FakeConsole();
  public Path state = Path.of("/state");
  private final TestJson json = new TestJson();

  public CommandLab() {
    this(Doctor.with(), Doctor.fit());
  }

  public CommandLab(DoctorChecks doctor, FirstUse firstUse) {
    contributors.add(new VmCommands(vms, guests, images, events, firstUse, json));
    contributors.add(new EventsContributor(events, vms, json));
    contributors.add(new PsCommand(vms, json));
    contributors.add(new ImageCommands(images, firstUse, json));
    contributors.add(new KernelCommands(kernels, firstUse, json));
    contributors.add(new DoctorContributor(doctor, firstUse, json));
    contributors.add(new DaemonCommands(daemon(), json));
    contributors.add(new VersionContributor(daemon(), json));
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
    return new ContributedCommands(directories(), List.copyOf(contributors));
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
