// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.operation.Operation;
import dev.banger.release.ReleaseService;
import dev.banger.release.ReleaseUpdate;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** How the last update of the whole installation ended. */
@Component
public final class ReleaseCheck implements DoctorCheck {
  private static final String CHECK = "release";

  private final ReleaseService releases;

  @Activate
  public ReleaseCheck(@Reference ReleaseService releases) {
    this.releases = releases;
  }

  @Override
  public List<Finding> examine(Operation operation) {
    return releases.latest().map(ReleaseCheck::finding).map(List::of).orElseGet(List::of);
  }

  private static Finding finding(ReleaseUpdate last) {
    return switch (last.state()) {
      case RUNNING ->
          Finding.pass(CHECK, "the update to " + last.to() + " goes on: " + last.step());
      case DONE -> Finding.pass(CHECK, last.to() + ", updated from " + last.from());
      case REVERTED, BROKEN ->
          Finding.warn(
              CHECK,
              last.from() + " is at work: " + last.to() + " was given up, " + last.reason(),
              "update to a release that works: 'banger update <release>'");
    };
  }
}
