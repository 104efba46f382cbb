// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.event.Event;
import dev.banger.event.EventStream;
import dev.banger.operation.Operation;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.UsageException;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Plain;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import dev.banger.wire.Json;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "events",
    sortOptions = false,
    description = {
      "Print what happened to VMs: created, starting, started, stopped, failed and why, deleted …",
      "Events of VMs that are gone are kept as well, the latest 20000 of all."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger events",
      "  banger events --vm web --follow",
      "  banger events --follow --json | jq -r 'select(.kind == \"ended\") | .vm_name'"
    })
final class EventsCommand implements Callable<Integer>, CompletesNames {
  private static final int PAGE = 500;
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final EventStream events;
  private final VmService vms;
  private final Json json;
  private final Output output;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on with what happens until Ctrl-C.")
  private boolean follow;

  @Option(
      names = {"-n", "--lines"},
      paramLabel = "<count>",
      defaultValue = "50",
      description = "Begin with this many of the latest events. Default: ${DEFAULT-VALUE}.")
  private int lines;

  @Option(
      names = "--after",
      paramLabel = "<number>",
      description = "Begin behind the event of this number instead, as --json tells it.")
  private Long after;

  @Option(
      names = "--vm",
      paramLabel = "<vm>",
      description = "Only those of one VM: its id, its name or an unambiguous prefix.")
  private String reference;

  @Option(names = "--steps", description = "Also print each step of each start.")
  private boolean steps;

  @Option(
      names = "--json",
      description = "Print each event as a JSON object on a line of its own; steps among them.")
  private boolean asJson;

  EventsCommand(EventStream events, VmService vms, Json json, Output output) {
    this.events = events;
    this.vms = vms;
    this.json = json;
    this.output = output;
  }

  @Override
  public Integer call() {
    if (lines < 0 || (after != null && after < 0)) {
      throw new UsageException("--lines and --after cannot be negative");
    }
    String vmId = reference == null ? null : PastVms.id(reference, vms, events);
    long seen = after == null ? printLatest(vmId) : after;
    if (after != null || follow) {
      seen = printAfter(seen, vmId);
    }
    long shown = seen;
    return follow ? Following.run(output, () -> goOn(shown, vmId)) : 0;
  }

  /** Does not return: its operation ends. */
  private void goOn(long shown, String vmId) {
    long seen = shown;
    while (true) {
      awaitMore(seen);
      seen = printAfter(seen, vmId);
    }
  }

  /** Returns behind which event those lie that happen from now on. */
  private long printLatest(String vmId) {
    List<Event> newest = events.latest(null, 1);
    long last = newest.isEmpty() ? 0 : newest.get(0).number();
    if (lines > 0) {
      List<Event> latest =
          events.latest(vmId, Integer.MAX_VALUE).stream().filter(this::wanted).toList();
      List<Event> shown = latest.subList(Math.max(0, latest.size() - lines), latest.size());
      shown.forEach(this::print);
      last = shown.isEmpty() ? last : Math.max(last, shown.get(shown.size() - 1).number());
    }
    return last;
  }

  private long printAfter(long seen, String vmId) {
    long last = seen;
    List<Event> page;
    do {
      page = events.after(last, vmId, PAGE);
      page.stream().filter(this::wanted).forEach(this::print);
      last = page.isEmpty() ? last : page.get(page.size() - 1).number();
    } while (page.size() == PAGE);
    return last;
  }

  private void awaitMore(long seen) {
    Operation operation = output.operation();
    operation.await(() -> events.lastNumber() > seen, PAUSE);
  }

  private boolean wanted(Event event) {
    return asJson || steps || !event.kind().equals(Event.STAGE);
  }

  private void print(Event event) {
    if (asJson) {
      output.line(json.write(event));
      return;
    }
    StringBuilder line = new StringBuilder();
    line.append(event.at()).append("  ").append(event.vmName()).append("  ").append(event.kind());
    event.details().forEach((name, value) -> line.append("  ").append(name + "=" + value));
    output.line(Plain.oneLine(line.toString()));
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<vm>") ? vms.list().stream().map(Vm::name).toList() : List.of();
  }
}
