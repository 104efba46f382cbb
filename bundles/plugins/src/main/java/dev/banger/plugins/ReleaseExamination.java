// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginProblem;
import dev.banger.release.ReleaseChange;
import dev.banger.release.ReleaseChange.Kind;
import dev.banger.release.ReleasePlan;
import dev.banger.release.ReleasePlan.Way;
import dev.banger.release.ReleaseSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/** Verifies releases and finds out how an installation comes to them. */
final class ReleaseExamination {
  private static final String OWN = "dev.banger.";

  /** The daemon has nothing to do with it. */
  private static final String CLIENT = "bin/banger";

  private final BundleContext context;
  private final Installation installation;
  private final Rehearsal rehearsal;
  private final ReleaseFetching fetching;

  ReleaseExamination(
      BundleContext context,
      Installation installation,
      Rehearsal rehearsal,
      ReleaseFetching fetching) {
    this.context = context;
    this.installation = installation;
    this.rehearsal = rehearsal;
    this.fetching = fetching;
  }

  /**
   * A release that was found to be whole.
   *
   * @param root its directory
   * @param list its files
   */
  record Examined(Path root, ReleaseList list, ReleasePlan plan) {}

  /**
   * Brings a release here and examines it.
   *
   * @param room an empty directory for what has to be unpacked
   */
  Examined examine(ReleaseSource source, Path room, Operation operation) {
    ReleaseList installed = ReleaseList.of(installation.root());
    Path root = fetching.fetch(source, room, operation);
    operation.progress().stage("verify", "verifying the release");
    ReleaseList wanted = ReleaseList.of(root);
    if (wanted.java() > Runtime.version().feature()) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          wanted.version()
              + " needs Java "
              + wanted.java()
              + ", the daemon runs on Java "
              + Runtime.version().feature()
              + "; nothing was changed");
    }
    wanted.verify(root);
    operation.check();
    ReleaseComparison comparison;
    try {
      comparison = ReleaseComparison.of(installation.root(), installed, root, wanted);
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, "the releases cannot be compared: " + e.getMessage(), e);
    }
    ReleasePlan plan = plan(installed, wanted, comparison);
    if (plan.way() == Way.LIVE) {
      refuseUnfit(root, plan.changes());
    }
    return new Examined(root, wanted, plan);
  }

  private ReleasePlan plan(
      ReleaseList installed, ReleaseList wanted, ReleaseComparison comparison) {
    List<String> reasons = new ArrayList<>();
    for (ReleaseChange each : comparison.changes()) {
      if (comparison.otherSchema().contains(each.path())) {
        reasons.add(each.bundle() + " changes the schema of the database");
      } else {
        reason(each).ifPresent(reasons::add);
      }
    }
    return new ReleasePlan(
        installed.version(),
        wanted.version(),
        wanted.sha256(),
        reasons.isEmpty() ? Way.LIVE : Way.RESTART,
        reasons,
        inOrder(comparison.changes()),
        comparison.unchanged());
  }

  /** Why a change needs another daemon; empty when it does not. */
  private Optional<String> reason(ReleaseChange change) {
    if (change.kind() == Kind.KEPT || change.path().equals(CLIENT) || isExchangeable(change)) {
      return Optional.empty();
    }
    String what = change.bundle() == null ? change.path() : change.bundle();
    return Optional.of(
        switch (change.kind()) {
          case ADDED -> what + " is new";
          case REMOVED -> what + " goes";
          default -> what + " cannot be exchanged while the daemon runs";
        });
  }

  private boolean isExchangeable(ReleaseChange change) {
    return change.kind() == Kind.REPLACED
        && change.bundle() != null
        && change.bundle().startsWith(OWN)
        && !Changes.FIXED.contains(change.bundle())
        && bundle(change.path())
            .filter(each -> change.bundle().equals(each.getSymbolicName()))
            .isPresent();
  }

  /** The bundle that is installed from a file. */
  Optional<Bundle> bundle(String path) {
    Path file = installation.root().resolve(path).normalize();
    for (Bundle each : context.getBundles()) {
      if (installation.file(each).filter(file::equals).isPresent()) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  private List<ReleaseChange> inOrder(List<ReleaseChange> changes) {
    List<ReleaseChange> ordered = new ArrayList<>();
    List<Bundle> bundles =
        changes.stream()
            .filter(this::isExchangeable)
            .flatMap(each -> bundle(each.path()).stream())
            .toList();
    for (Bundle next : ExchangeOrder.of(bundles)) {
      changes.stream()
          .filter(this::isExchangeable)
          .filter(each -> next.getSymbolicName().equals(each.bundle()))
          .forEach(ordered::add);
    }
    changes.stream().filter(each -> !isExchangeable(each)).forEach(ordered::add);
    return ordered;
  }

  /**
   * Lets the framework say whether it could wire each bundle that is exchanged while it runs: they
   * are wired to nothing that changes then.
   *
   * @param root where they lie
   */
  void refuseUnfit(Path root, List<ReleaseChange> changes) {
    List<String> unfit = new ArrayList<>();
    for (ReleaseChange each : changes) {
      if (isExchangeable(each)) {
        List<PluginProblem> problems =
            rehearsal.problems(BundleStep.jar(root.resolve(each.path())));
        if (!problems.isEmpty()) {
          unfit.add(each.bundle() + " " + each.to() + ": " + Updates.words(problems));
        }
      }
    }
    if (!unfit.isEmpty()) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "the release does not fit, and nothing was changed: " + String.join("; ", unfit));
    }
  }
}
