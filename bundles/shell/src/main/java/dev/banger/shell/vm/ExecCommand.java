// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.guest.GuestService;
import dev.banger.image.ImageConfig;
import dev.banger.image.ImageService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.TakesCommand;
import dev.banger.shell.grammar.UsageException;
import dev.banger.shell.output.Output;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "exec",
    sortOptions = false,
    customSynopsis = "banger vm exec [options] <vm> [options] -- <command> [<argument>...]",
    description = {
      "Run a command in a running VM through its agent; no ssh server is needed.",
      "Its words reach the guest as they are, seen by no shell. Its exit status is the exit status"
          + " of 'banger vm exec', 128 + n when signal n ended it, 127 when there is no such program, 126 when it cannot be"
          + " executed."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger vm exec web -- systemctl status ssh",
      "  banger vm exec web -t -- top",
      "  banger vm exec web -u nobody -w /tmp -- sh -c 'id; pwd'",
      "  banger vm exec web -- tar c -C /etc . > etc.tar"
    })
final class ExecCommand implements Callable<Integer>, TakesCommand, CompletesNames {
  private final VmService vms;
  private final GuestService guests;
  private final ImageService images;
  private final Output output;
  private final VmNames names;

  @Parameters(index = "0", paramLabel = "<vm>", description = "A running VM.")
  private String reference;

  @Parameters(index = "1..*", paramLabel = "<command>", description = "What to run in the guest.")
  private List<String> command = new ArrayList<>();

  @Mixin private ExecOptions options;

  ExecCommand(
      VmService vms, GuestService guests, ImageService images, Output output, VmNames names) {
    this.vms = vms;
    this.guests = guests;
    this.images = images;
    this.output = output;
    this.names = names;
  }

  @Override
  public void command(List<String> words) {
    command = new ArrayList<>(command);
    command.addAll(words);
  }

  @Override
  public Integer call() {
    if (command.isEmpty() && !options.asImage) {
      throw new UsageException(
          "there is no command; write it after '--', or give --as-image for what the image runs by"
              + " default");
    }
    Vm vm = vms.find(reference);
    ImageConfig image = images.find(vm.imageId()).config();
    GuestCommand session =
        command.isEmpty()
            ? GuestCommand.ofImage(options, image, output.console())
            : GuestCommand.of(command, options, image);
    return session.run(vm.id(), guests, output);
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<vm>") ? names.running() : List.of();
  }
}
