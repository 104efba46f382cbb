// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.health;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.operation.Operation;
import java.time.Duration;
import org.apache.felix.hc.api.FormattingResultLog;
import org.apache.felix.hc.api.HealthCheck;
import org.apache.felix.hc.api.Result;

/** A check of doctor as a Health Check: an entry for each finding. */
final class FindingsCheck implements HealthCheck {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final DoctorCheck check;

  FindingsCheck(DoctorCheck check) {
    this.check = check;
  }

  @Override
  public Result execute() {
    FormattingResultLog log = new FormattingResultLog();
    for (Finding each : check.examine(Operation.background().within(LIMIT))) {
      String words = words(each);
      switch (each.status()) {
        case PASS -> log.info("{}", words);
        case WARN -> log.warn("{}", words);
        case FAIL -> log.critical("{}", words);
      }
    }
    return new Result(log);
  }

  private static String words(Finding finding) {
    String words = finding.check() + ": " + finding.detail();
    return finding.remedy() == null ? words : words + "; " + finding.remedy();
  }
}
