// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.capability.CapabilityService;
import dev.banger.event.EventStream;
import dev.banger.guest.GuestService;
import dev.banger.image.ImageService;
import dev.banger.operation.OperationService;
import dev.banger.shell.grammar.CommandGroup;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.output.Output;
import dev.banger.vm.VmService;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import picocli.CommandLine.Command;

@Command(
    name = "vm",
    description = {
      "Create, use and delete virtual machines.",
      "A VM is named by its id, its exact name or an unambiguous prefix of either."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger vm run --rm -- uname -a   # one command in a fresh VM, then no trace of it",
      "  banger vm run --name web         # a shell in a VM that stays",
      "  banger vm list --json            # every list and show has --json",
      "  banger vm delete web"
    })
final class VmCommandGroup extends CommandGroup {
  VmCommandGroup(
      VmService vms,
      GuestService guests,
      ImageService images,
      EventStream events,
      FirstUse firstUse,
      OperationService operations,
      CapabilityService capabilities,
      Executor executor,
      Output output) {
    VmNames names = new VmNames(vms, images);
    Creation creation = new Creation(vms, images, firstUse);
    Targets targets = new Targets(vms, executor, output);
    add("run", () -> new RunCommand(vms, guests, images, creation, output, names));
    add("create", () -> new CreateCommand(creation, operations, output, names));
    add("start", () -> new StartCommand(vms, targets, output, names, firstUse));
    add("stop", () -> new StopCommand(vms, targets, output, names));
    add("restart", () -> new RestartCommand(vms, targets, output, names));
    add("kill", () -> new KillCommand(vms, targets, output, names));
    add("delete", () -> new DeleteCommand(vms, targets, output, names), "rm");
    add("set", () -> new SetCommand(vms, targets, output, names));
    add("rename", () -> new RenameCommand(vms, output, names));
    add("touch", () -> new TouchCommand(vms, targets, output, names));
    add("reset", () -> new ResetCommand(vms, targets, output, names));
    add("prune", () -> new PruneCommand(vms, output, InstantSource.system()));
    add("list", () -> new ListCommand(vms, output, InstantSource.system()), "ls");
    add("show", () -> new ShowCommand(vms, capabilities, output, names));
    add("ssh", () -> new SshCommand(vms, guests, output, names));
    add("exec", () -> new ExecCommand(vms, guests, images, output, names));
    add("explain", () -> new ExplainCommand(vms, events, output, names));
    add("logs", () -> new LogsCommand(vms, output, names));
    add("stats", () -> new StatsCommand(vms, targets, output, names));
    add("ping", () -> new PingCommand(guests, targets, output, names));
    add("health", () -> new HealthCommand(vms, guests, targets, output, names));
    add("ports", () -> new PortsCommand(vms, guests, targets, output, names));
  }
}
