// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.release;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.release.ReleasePlan;
import dev.banger.release.ReleaseService;
import dev.banger.release.ReleaseSource;
import dev.banger.release.ReleaseUpdate;
import dev.banger.release.ReleaseUpdate.State;
import dev.banger.shell.grammar.Consent;
import dev.banger.shell.grammar.UsageException;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "update",
    sortOptions = false,
    description = {
      "Bring the whole installation to another release of banger, while VMs run on.",
      "The release is verified and shown, then its bundles are exchanged one after another; where"
          + " that cannot be done, all files at once, and the daemon starts anew. When the new"
          + " release does not work, all of the previous one returns by itself and the status is 1.",
      "Asks first at a terminal; without one --yes is needed."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger update ~/banger-0.2.0.tar.gz --dry-run",
      "  banger update ~/banger-0.2.0.tar.gz --yes",
      "  banger update https://example.org/banger-0.2.0.tar.gz --sha256 9f86d081884c7d65…",
      "  banger update --status"
    })
final class UpdateCommand implements Callable<Integer> {
  /** As of sysexits(3), EX_TEMPFAIL: the client asks again, whichever daemon is there by then. */
  static final int GOES_ON = 75;

  private final ReleaseService releases;
  private final Output output;

  @Parameters(
      arity = "0..1",
      paramLabel = "<release>",
      description =
          "The release: the directory of a distribution, an archive of one (.tar.gz or .zip), or a"
              + " URL of an archive with --sha256.")
  private String release;

  @Option(
      names = "--sha256",
      paramLabel = "<digest>",
      description = "The digest that the archive must have.")
  private String sha256;

  @Option(names = "--dry-run", description = "Verify the release and show what would change.")
  private boolean dryRun;

  @Option(
      names = "--restart",
      description =
          "Exchange all files at once and start the daemon anew, also where that is not needed.")
  private boolean restart;

  @Mixin private Consent consent;

  @Option(names = "--status", description = "Show how the last update goes on, or how it ended.")
  private boolean status;

  @Option(names = "--wait", hidden = true)
  private boolean wait;

  @Option(names = "--json", description = "Print the plan or the update as JSON.")
  private boolean json;

  UpdateCommand(ReleaseService releases, Output output) {
    this.releases = releases;
    this.output = output;
  }

  @Override
  public Integer call() {
    if (status || wait) {
      if (release != null) {
        throw new UsageException("--status is about the last update: without a <release>");
      }
      return status ? status() : end(releases.await(output.operation()));
    }
    if (release == null) {
      throw new UsageException("a <release> is needed, or --status");
    }
    if (!dryRun) {
      consent.refuseUnlessPossible("banger update", output);
    }
    ReleaseSource source = source();
    ReleasePlan plan = examine(source);
    if (dryRun) {
      show(plan);
      return 0;
    }
    output.ask(ReleaseWords.plan(plan, restart));
    consent.obtain("Update?", output);
    return end(update(source, plan));
  }

  private void show(ReleasePlan plan) {
    if (json) {
      output.json(plan);
    } else {
      output.print(ReleaseWords.plan(plan, restart));
    }
  }

  /** A path counts from the person's directory. */
  private ReleaseSource source() {
    String location =
        ReleaseSource.isWeb(release)
            ? release
            : output.console().directory().resolve(release).normalize().toString();
    return new ReleaseSource(location, sha256);
  }

  private ReleasePlan examine(ReleaseSource source) {
    try (ProgressDisplay progress = output.progress()) {
      return releases.examine(source, output.operation().reportingTo(progress));
    }
  }

  private ReleaseUpdate update(ReleaseSource source, ReleasePlan plan) {
    try (ProgressDisplay progress = output.progress()) {
      return releases.update(
          source, plan.sha256(), restart, output.operation().reportingTo(progress));
    }
  }

  private int status() {
    ReleaseUpdate last =
        releases
            .latest()
            .orElseThrow(
                () ->
                    new BangerException(
                        ErrorCode.NOT_FOUND, "this installation was not updated as a whole yet"));
    if (json) {
      output.json(last);
    } else {
      output.line(ReleaseWords.update(last));
    }
    return 0;
  }

  private int end(ReleaseUpdate update) {
    if (update.state() == State.RUNNING) {
      return GOES_ON;
    }
    if (json) {
      output.json(update);
      return update.state() == State.DONE ? 0 : 1;
    }
    if (update.state() != State.DONE) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, ReleaseWords.update(update));
    }
    output.line(ReleaseWords.update(update));
    return 0;
  }
}
