// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.shell.grammar.Consent;
import dev.banger.shell.grammar.DurationOption;
import dev.banger.shell.grammar.LabelOption;
import dev.banger.shell.output.Ages;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import dev.banger.shell.output.Table;
import dev.banger.vm.PruneVms;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "prune",
    sortOptions = false,
    description = {
      "Delete VMs that do not run; those that never ran only when they were created more than an"
          + " hour ago. Shows them first, prints the names of those that were deleted.",
      "Asks first at a terminal; without one --yes is needed."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger vm prune --dry-run",
      "  banger vm prune --unused 7d --label team=blue",
      "  banger vm prune --yes --json"
    })
final class PruneCommand implements Callable<Integer> {
  private final VmService vms;
  private final Output output;
  private final InstantSource clock;

  @Option(
      names = "--unused",
      paramLabel = "<duration>",
      converter = DurationOption.class,
      description = "Only those that were not used for this time: 12h, 7d.")
  private Duration unused;

  @Option(
      names = "--label",
      paramLabel = "<key=value>",
      converter = LabelOption.class,
      description = "Only those with this label; may be repeated: with all of them.")
  private List<Map.Entry<String, String>> labels = new ArrayList<>();

  @Option(names = "--dry-run", description = "Only show which they are.")
  private boolean dryRun;

  @Mixin private Consent consent;

  @Option(names = "--json", description = "Print an array of the records as JSON.")
  private boolean json;

  PruneCommand(VmService vms, Output output, InstantSource clock) {
    this.vms = vms;
    this.output = output;
    this.clock = clock;
  }

  @Override
  public Integer call() {
    if (!dryRun) {
      consent.refuseUnlessPossible("banger vm prune", output);
    }
    List<Vm> found = find();
    if (dryRun) {
      show(found);
    } else if (found.isEmpty()) {
      tell(found);
    } else {
      output.ask(table(found).text());
      consent.obtain(question(found), output);
      refuseUnseen(found);
      tell(prune());
    }
    return 0;
  }

  private List<Vm> find() {
    return vms.prune(selection(true), output.operation());
  }

  private List<Vm> prune() {
    try (ProgressDisplay progress = output.progress()) {
      Operation operation = output.operation().reportingTo(progress);
      return vms.prune(selection(false), operation);
    }
  }

  private PruneVms selection(boolean onlyLook) {
    return new PruneVms(unused, Labels.byKey(labels), onlyLook);
  }

  private static String question(List<Vm> found) {
    return found.size() == 1 ? "Delete this VM?" : "Delete these " + found.size() + " VMs?";
  }

  /** A person may think for long: what was stopped meanwhile has not been shown to anybody. */
  private void refuseUnseen(List<Vm> shown) {
    List<String> ids = shown.stream().map(Vm::id).toList();
    if (!ids.containsAll(find().stream().map(Vm::id).toList())) {
      throw new BangerException(
          ErrorCode.IN_USE,
          "meanwhile it would delete more than was shown; nothing was deleted, run it again");
    }
  }

  private void show(List<Vm> found) {
    if (json) {
      output.json(found);
    } else {
      output.table(table(found));
    }
  }

  private void tell(List<Vm> removed) {
    if (json) {
      output.json(removed);
    } else if (removed.isEmpty()) {
      output.note("there is nothing to delete");
    } else {
      removed.forEach(vm -> output.line(vm.name()));
    }
  }

  private Table table(List<Vm> found) {
    Instant now = clock.instant();
    Table table = new Table("ID", "NAME", "STATE", "LABELS", "CREATED", "LAST USED");
    for (Vm vm : found) {
      table.row(
          vm.id(),
          vm.name(),
          vm.state().name().toLowerCase(Locale.ROOT),
          Labels.text(vm.labels()),
          Ages.ago(vm.createdAt(), now),
          vm.lastUsedAt() == null ? null : Ages.ago(vm.lastUsedAt(), now));
    }
    return table;
  }
}
