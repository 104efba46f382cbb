// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.Event;
import dev.banger.event.EventStream;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Details;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Table;
import dev.banger.vm.VmService;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "explain",
    sortOptions = false,
    description = {
      "Tell what the last start of a VM did, layer by layer, how long each step took, what failed",
      "and what to do next. Works for VMs that are gone too."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger vm explain web", "  banger vm explain web --json | jq '.steps[]'"})
final class ExplainCommand implements Callable<Integer>, CompletesNames {
  private final VmService vms;
  private final EventStream events;
  private final Output output;
  private final VmNames names;

  @Parameters(
      paramLabel = "<vm>",
      description = "The VM: id, name or unambiguous prefix; of one that is gone id or name.")
  private String reference;

  @Option(names = "--json", description = "Print the explanation as JSON.")
  private boolean json;

  ExplainCommand(VmService vms, EventStream events, Output output, VmNames names) {
    this.vms = vms;
    this.events = events;
    this.output = output;
    this.names = names;
  }

  @Override
  public Integer call() {
    String id = PastVms.id(reference, vms, events);
    List<Event> told = events.latest(id, Integer.MAX_VALUE);
    if (told.isEmpty()) {
      throw new BangerException(
          ErrorCode.NOT_FOUND,
          "no event tells of vm \"%s\" any more; start it again with: banger vm start %s"
              .formatted(reference, reference));
    }
    Explanation explanation = Explanation.of(told);
    if (json) {
      output.json(explanation);
    } else {
      print(explanation);
    }
    return 0;
  }

  private void print(Explanation explanation) {
    output.print(
        new Details()
            .add("vm", explanation.vmName() + " (" + explanation.vmId() + ")")
            .add("last start", explanation.outcome().replace('_', ' '))
            .add("operation", explanation.operationId())
            .add("began", explanation.at())
            .add("took", explanation.ms() == null ? null : explanation.ms() + " ms")
            .text());
    if (!explanation.steps().isEmpty()) {
      Table table = new Table("LAYER", "STEP", "MS", "OUTCOME");
      explanation
          .steps()
          .forEach(
              step ->
                  table.row(
                      step.layer(),
                      step.step(),
                      step.ms(),
                      step.error() == null ? "ok" : "failed: " + step.error()));
      output.line("");
      output.table(table);
    }
    Details rest = new Details();
    rest.add("why", explanation.error());
    rest.add("since then", since(explanation));
    rest.add("next", String.join("; ", explanation.next()));
    if (!rest.text().isEmpty()) {
      output.line("");
      output.print(rest.text());
    }
  }

  private static String since(Explanation explanation) {
    return String.join(", ", explanation.since().stream().map(ExplainCommand::text).toList());
  }

  /** Where a capability took part, its bundle is told. */
  private static String text(Event event) {
    String text = event.kind() + " " + event.at();
    String capability = event.details().get("capability");
    if (capability == null) {
      return text;
    }
    String error = event.details().get("error");
    return "%s (%s of bundle %s%s)"
        .formatted(
            text, capability, event.details().get("bundle"), error == null ? "" : ": " + error);
  }

  @Override
  public List<String> names(String paramLabel) {
    return names.all();
  }
}
