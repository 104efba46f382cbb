// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestService;
import dev.banger.image.ImageConfig;
import dev.banger.image.ImageService;
import dev.banger.operation.Operation;
import dev.banger.operation.Progress;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.TakesCommand;
import dev.banger.shell.grammar.UsageException;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import dev.banger.vm.VmState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "run",
    sortOptions = false,
    customSynopsis = "banger vm run [options] [--] [<command> [<argument>...]]",
    description = {
      "Create a VM, start it and run a command in it; without a command, what the image runs by"
          + " default, else a shell.",
      "Missing images and kernels are pulled first. Standard output carries only what the command"
          + " writes; its exit status is the exit status of 'banger vm run'.",
      "The VM stays when the command has ended, unless --rm is given."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger vm run --rm -- uname -a          # one command in a fresh VM, then no trace of it",
      "  banger vm run --name web                # a shell in a VM that stays",
      "  banger vm run -d --name web --vcpu 2 --memory 4G --disk-size 20G",
      "  banger vm run --rm -p 8080:80 -- nginx -g 'daemon off;'   # http://127.0.0.1:8080",
      "  banger vm run --rm -e CI=1 -w /tmp -- sh -c 'echo $CI; pwd'",
      "  banger vm run --rm --image docker.io/library/alpine:3.20 -- cat /etc/os-release",
      "  tar c . | banger vm run --rm -- tar t   # standard input reaches the command"
    })
final class RunCommand implements Callable<Integer>, TakesCommand, CompletesNames {
  private final VmService vms;
  private final GuestService guests;
  private final ImageService images;
  private final Creation creation;
  private final Output output;
  private final VmNames names;

  @Mixin private SizingOptions sizing;

  @Option(
      names = "--rm",
      description = "Delete the VM when the command or shell has ended, however it ended.")
  private boolean remove;

  @Option(
      names = {"-d", "--detach"},
      description = "Start the VM, print its name and return.")
  private boolean detach;

  @Mixin private ExecOptions exec;

  @Parameters(paramLabel = "<command>", arity = "0..*", description = "What to run in the guest.")
  private List<String> command = new ArrayList<>();

  private boolean dashes;

  RunCommand(
      VmService vms,
      GuestService guests,
      ImageService images,
      Creation creation,
      Output output,
      VmNames names) {
    this.vms = vms;
    this.guests = guests;
    this.images = images;
    this.creation = creation;
    this.output = output;
    this.names = names;
  }

  @Override
  public void command(List<String> words) {
    dashes = true;
    command = new ArrayList<>(command);
    command.addAll(words);
  }

  @Override
  public boolean commandWithoutDashes() {
    return true;
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<image>") ? names.usableImages() : List.of();
  }

  @Override
  public Integer call() {
    refuseContradictions();
    if (remove && sizing.workDiskBytes == null) {
      sizing.workDiskBytes = 0L; // nothing outlives it, and its boot is shorter
    }
    CreateVm request = remove ? sizing.disposable() : sizing.request();
    creation.prepare(request, output);
    Vm vm;
    try (ProgressDisplay progress = output.progress()) {
      vm = creation.create(request, output, progress);
      start(vm, progress);
    }
    if (detach) {
      output.line(vm.name());
      return 0;
    }
    return remove ? sessionThenDelete(vm) : sessionThenReminder(vm);
  }

  private void refuseContradictions() {
    if (dashes && command.isEmpty()) {
      throw new UsageException("'--' is not followed by a command; leave it out for a shell");
    }
    if (detach && remove) {
      throw new UsageException(
          "--rm and --detach exclude each other: a detached VM has no session whose end could"
              + " remove it");
    }
    if (detach && !command.isEmpty()) {
      throw new UsageException(
          "--detach takes no command; run it afterwards with 'banger vm exec <vm> -- …'");
    }
    if (detach && exec.given()) {
      throw new UsageException(
          "--detach runs nothing, so -t, -i, -n, -e, -w, -u and --as-image have no use");
    }
  }

  private void start(Vm vm, Progress progress) {
    try {
      creation.start(vm, output, progress);
    } catch (RuntimeException | Error e) {
      if (remove) {
        deleteAfter(vm, e);
      }
      if (!remove && e instanceof BangerException failure) {
        throw kept(vm, failure);
      }
      throw e;
    }
  }

  static BangerException kept(Vm vm, BangerException failure) {
    String hint =
        String.format(
            "; the VM is kept: see 'banger vm logs %1$s', remove it with 'banger vm delete %1$s'",
            vm.name());
    BangerException told =
        new BangerException(failure.code(), failure.getMessage() + hint, failure);
    for (Throwable other : failure.getSuppressed()) {
      told.addSuppressed(other);
    }
    return told;
  }

  private int session(Vm vm) {
    ImageConfig image = images.find(vm.imageId()).config();
    GuestCommand session =
        command.isEmpty()
            ? GuestCommand.ofImage(exec, image, output.console())
            : GuestCommand.of(command, exec, image);
    return session.run(vm.id(), guests, output);
  }

  private int sessionThenDelete(Vm vm) {
    int status;
    try {
      status = session(vm);
    } catch (RuntimeException | Error e) {
      deleteAfter(vm, e);
      throw e;
    }
    try {
      delete(vm);
    } catch (BangerException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          String.format(
              "the command ended with status %d, but its VM could not be deleted: %s; try 'banger"
                  + " vm delete %s'",
              status, e.getMessage(), vm.name()),
          e);
    }
    return status;
  }

  private void deleteAfter(Vm vm, Throwable failure) {
    try {
      delete(vm);
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
      if (failure instanceof BangerException) {
        output.tryError(
            "'"
                + vm.name()
                + "' could not be deleted: "
                + e.getMessage()
                + "; try 'banger vm"
                + " delete "
                + vm.name()
                + "'");
      }
    }
  }

  // The person's Ctrl-C ends the session, never the clean-up: an operation of its own, same id.
  private void delete(Vm vm) {
    vms.delete(vm.id(), Operation.of(output.operation().id(), Progress.NONE));
  }

  private int sessionThenReminder(Vm vm) {
    int status;
    try {
      status = session(vm);
    } catch (BangerException e) {
      remind(vm);
      throw e;
    }
    remind(vm);
    return status;
  }

  private void remind(Vm vm) {
    Vm now;
    try {
      now = vms.find(vm.id());
    } catch (BangerException e) {
      return; // somebody has deleted it meanwhile, or nobody can tell
    }
    String what =
        now.state() == VmState.RUNNING
            ? "is still running; return with 'banger vm ssh %1$s'"
            : "does not run any more; start it again with 'banger vm start %1$s'";
    output.tryNote(
        String.format(
            "VM '%1$s' " + what + ", delete it with 'banger vm delete %1$s'", now.name()));
  }
}
