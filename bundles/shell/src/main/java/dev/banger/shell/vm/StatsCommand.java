// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestStatistics;
import dev.banger.guest.GuestStatistics.FileSystem;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.CountOption;
import dev.banger.shell.grammar.Durations;
import dev.banger.shell.grammar.Sizes;
import dev.banger.shell.grammar.UsageException;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Plain;
import dev.banger.shell.output.Screen;
import dev.banger.shell.output.Table;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import dev.banger.vm.VmState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "stats",
    sortOptions = false,
    description = {
      "Show what VMs use: of the host's CPUs (100: one of them, measured for a second), memory (RSS)"
          + " and disk (HOST), and in their guests.",
      "All that run, when none is named."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger vm stats",
      "  banger vm stats web --watch --interval 5",
      "  banger vm stats --json | jq -r '.[] | [.vm_name, .cpu_percent] | @tsv'"
    })
final class StatsCommand implements Callable<Integer>, CompletesNames {
  private static final Duration FIRST_MEASUREMENT = Duration.ofSeconds(1);
  private static final int DEFAULT_INTERVAL_SECONDS = 2;

  private final VmService vms;
  private final Targets targets;
  private final Output output;
  private final VmNames names;
  private final UsageMeter meter;
  private Optional<Screen> screen = Optional.empty();

  @Parameters(paramLabel = "<vm>", arity = "0..*", description = "VMs; all that run without one.")
  private List<String> references = new ArrayList<>();

  @Option(names = "--watch", description = "Show it again and again until Ctrl-C.")
  private boolean watch;

  @Option(
      names = "--interval",
      paramLabel = "<seconds>",
      converter = CountOption.class,
      description = "With --watch, the time between two tables; 2 without it.")
  private Integer interval;

  @Option(
      names = "--json",
      description = "Print an array of records as JSON; with --watch each array on a line.")
  private boolean json;

  StatsCommand(VmService vms, Targets targets, Output output, VmNames names) {
    this.vms = vms;
    this.targets = targets;
    this.output = output;
    this.names = names;
    this.meter = new UsageMeter(vms, FIRST_MEASUREMENT);
  }

  @Override
  public Integer call() {
    if (interval != null && !watch) {
      throw new UsageException("--interval is for --watch");
    }
    if (!watch) {
      return show(false);
    }
    screen = json ? Optional.empty() : output.screen();
    return Following.run(output, this::watch);
  }

  /** Does not return: its operation ends. */
  private void watch() {
    Duration pause = Duration.ofSeconds(interval == null ? DEFAULT_INTERVAL_SECONDS : interval);
    for (boolean again = false; ; again = true) {
      show(again);
      output.operation().pause(pause);
      output.operation().check();
    }
  }

  private int show(boolean again) {
    List<VmUsage> usages = new ArrayList<>();
    int status = targets.serve(named(), this::measure, found -> found.ifPresent(usages::add));
    List<String> silent =
        usages.stream()
            .filter(each -> each.guestError() != null)
            .map(each -> Plain.oneLine(each.vmName() + ": " + each.guestError()))
            .toList();
    if (screen.isPresent()) {
      screen.get().draw(table(usages).text() + String.join("\n", silent));
      return status;
    }
    if (json && watch) {
      output.jsonLine(usages);
    } else if (json) {
      output.json(usages);
    } else {
      output.print((again ? "\n" : "") + table(usages).text());
    }
    silent.forEach(output::error);
    return status;
  }

  private List<String> named() {
    return references.isEmpty()
        ? vms.list().stream().filter(vm -> vm.state() == VmState.RUNNING).map(Vm::id).toList()
        : references;
  }

  /** One that nobody named may be gone by now. */
  private Optional<VmUsage> measure(Vm vm) {
    try {
      return Optional.of(meter.measure(vm, output.operation()));
    } catch (BangerException e) {
      if (references.isEmpty()
          && (e.code() == ErrorCode.NOT_FOUND || e.code() == ErrorCode.NOT_RUNNING)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static Table table(List<VmUsage> usages) {
    Table table =
        new Table(
            "NAME",
            "STATE",
            "CPU%",
            "MEM",
            "RSS",
            "LOAD",
            "PROCS",
            "DISK /",
            "DISK /root",
            "HOST",
            "UPTIME");
    for (VmUsage each : usages) {
      GuestStatistics guest = each.guest();
      table.row(
          each.vmName(),
          each.state().name().toLowerCase(Locale.ROOT),
          each.cpuPercent(),
          guest == null ? null : memory(guest),
          each.machine() == null || each.machine().residentBytes() < 0
              ? null
              : Sizes.format(each.machine().residentBytes()),
          guest == null ? null : String.format(Locale.ROOT, "%.2f", guest.load()),
          guest == null ? null : guest.processes(),
          guest == null ? null : disk(guest, "/"),
          guest == null ? null : disk(guest, "/root"),
          Sizes.format(each.allocatedBytes()),
          guest == null ? null : Durations.format(guest.uptime()));
    }
    return table;
  }

  private static String memory(GuestStatistics guest) {
    long used = Math.max(0, guest.memoryTotalBytes() - guest.memoryAvailableBytes());
    return Sizes.format(used) + " / " + Sizes.format(guest.memoryTotalBytes());
  }

  private static String disk(GuestStatistics guest, String path) {
    return guest.fileSystems().stream()
        .filter(each -> each.path().equals(path) && each.totalBytes() > 0)
        .findFirst()
        .map(StatsCommand::used)
        .orElse(null);
  }

  private static String used(FileSystem disk) {
    return Math.round(100.0 * (disk.totalBytes() - disk.freeBytes()) / disk.totalBytes()) + "%";
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<vm>") ? names.running() : List.of();
  }
}
