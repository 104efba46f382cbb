// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.host;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.shell.grammar.Consent;
import dev.banger.shell.output.Details;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Table;
import dev.banger.store.StoreDiagnosis;
import dev.banger.store.StoreDiagnosis.Condition;
import dev.banger.store.StoreRepair;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "repair",
    sortOptions = false,
    description = {
      "Repair a database that is damaged: keeps it aside and makes a new one of what can be read,"
          + " and of the copies that were kept. Shows first what that is. A sound database stays as"
          + " it is. VMs keep running.",
      "Asks first at a terminal; without one --yes is needed."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger daemon repair --dry-run",
      "  banger daemon repair --yes --json",
      "  banger daemon repair --from ~/.local/state/banger/banger.db.before-3"
    })
final class RepairCommand implements Callable<Integer> {
  private final StoreRepair store;
  private final Output output;

  @Option(
      names = "--from",
      paramLabel = "<copy>",
      description = "Take this copy of the database instead of the damaged one.")
  private Path copy;

  @Option(names = "--dry-run", description = "Only show what would be done.")
  private boolean dryRun;

  @Mixin private Consent consent;

  @Option(names = "--json", description = "Print what was found and done as JSON.")
  private boolean json;

  /**
   * @param store null when no store is there
   */
  RepairCommand(StoreRepair store, Output output) {
    this.store = store;
    this.output = output;
  }

  @Override
  public Integer call() {
    if (store == null) {
      throw new BangerException(
          ErrorCode.UNAVAILABLE, "the store is being started, stopped or updated; try again");
    }
    Path from = copy == null ? null : output.console().directory().resolve(copy);
    StoreDiagnosis found = store.examine(from, output.operation());
    if (dryRun || !found.repairable()) {
      tell(found, null);
      return usable(found) || found.repairable() ? 0 : 1;
    }
    consent.refuseUnlessPossible("banger daemon repair", output);
    output.ask(text(found));
    consent.obtain("Repair the database?", output);
    Path kept = store.repair(found, from, output.operation());
    tell(found, kept);
    return 0;
  }

  private static boolean usable(StoreDiagnosis found) {
    return found.condition() == Condition.SOUND || found.condition() == Condition.MISSING;
  }

  /** What was found and done, as JSON. */
  record Report(
      boolean repaired,
      Path kept,
      Path database,
      Condition condition,
      String detail,
      boolean repairable,
      List<StoreDiagnosis.Source> sources,
      List<StoreDiagnosis.Copy> copies) {}

  private void tell(StoreDiagnosis found, Path kept) {
    boolean repaired = found.repairable() && !dryRun;
    if (json) {
      output.json(
          new Report(
              repaired,
              kept,
              found.database(),
              found.condition(),
              found.detail(),
              found.repairable(),
              found.sources(),
              found.copies()));
    } else if (repaired) {
      output.line("the database was repaired; the damaged one is " + kept);
      output.note(
          "it is used from now on. Run 'banger daemon stop' once: the next command's daemon then"
              + " finishes what was cut short and takes in images whose records were lost."
              + " 'banger doctor' names VMs that have disks and no record");
    } else {
      output.print(text(found));
      if (usable(found)) {
        output.note("there is nothing to repair");
      }
    }
  }

  private static String text(StoreDiagnosis found) {
    Details details =
        new Details()
            .add("database", found.database())
            .add("condition", found.condition().name().toLowerCase(Locale.ROOT))
            .add("detail", found.detail());
    if (found.repairable()) {
      details.add("can be read", sources(found));
    }
    return details.text() + (found.copies().isEmpty() ? "" : "\n" + copies(found));
  }

  private static String sources(StoreDiagnosis found) {
    if (found.sources().isEmpty()) {
      return "nothing; the new database has no VM, and images by what lies in their directories";
    }
    return found.sources().stream().map(RepairCommand::text).collect(Collectors.joining("; "));
  }

  private static String text(StoreDiagnosis.Source source) {
    String lost = source.unreadable() == 0 ? "" : " (not " + source.unreadable() + " more)";
    return "%s, %s and %s of %s%s"
        .formatted(
            count(source.machines(), "VM"),
            count(source.images(), "image"),
            count(source.events(), "event"),
            source.file().getFileName(),
            lost);
  }

  private static String copies(StoreDiagnosis found) {
    Table table = new Table("COPY", "KEPT AT", "VMS", "IMAGES", "PROBLEM");
    for (StoreDiagnosis.Copy each : found.copies()) {
      boolean readable = each.problem() == null;
      table.row(
          each.file().toString(),
          each.keptAt().truncatedTo(ChronoUnit.SECONDS).toString(),
          readable ? Integer.toString(each.machines()) : null,
          readable ? Integer.toString(each.images()) : null,
          each.problem());
    }
    return table.text();
  }

  private static String count(int number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }
}
