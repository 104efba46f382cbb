// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.doctor.Finding.Status;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExaminationTest {
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private List<Finding> examine(Duration limit, DoctorCheck... checks) {
    return new Examination(List.of(checks), threads, limit).run(Operation.background());
  }

  private static DoctorCheck passing(String name) {
    return operation -> List.of(Finding.pass(name, "fine"));
  }

  @Test
  void gathers_what_all_checks_found_by_name() {
    assertThat(examine(Duration.ofSeconds(10), passing("b"), passing("a")))
        .extracting(Finding::check)
        .containsExactly("a", "b");
    assertThat(examine(Duration.ofSeconds(10))).isEmpty();
  }

  @Test
  void makes_a_failing_finding_of_a_check_that_throws() {
    List<Finding> findings =
        examine(
            Duration.ofSeconds(10),
            passing("good"),
            operation -> {
              throw new IllegalStateException("oops");
            },
            operation -> {
              throw new NoClassDefFoundError("gone");
            });
    assertThat(findings)
        .extracting(Finding::status)
        .containsExactlyInAnyOrder(Status.PASS, Status.FAIL, Status.FAIL);
    assertThat(findings.toString()).contains("oops", "gone");
  }

  @Test
  void does_not_wait_for_a_check_that_hangs() {
    CountDownLatch never = new CountDownLatch(1);
    List<Finding> findings =
        examine(
            Duration.ofMillis(100),
            operation -> {
              try {
                never.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return List.of();
            });
    assertThat(findings).singleElement().extracting(Finding::status).isEqualTo(Status.FAIL);
    assertThat(findings.get(0).detail()).contains("did not answer");
  }

  @Test
  void ends_when_it_is_cancelled() {
    Operation operation = Operation.background();
    DoctorCheck cancelling =
        its -> {
          operation.cancel("enough");
          its.check();
          return List.of();
        };
    assertThatThrownBy(
            () ->
                new Examination(List.of(cancelling), threads, Duration.ofSeconds(10))
                    .run(operation))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.CANCELLED);
  }

  @Test
  void judges_java_and_the_architecture() {
    assertThat(new JavaPlatformCheck(17, "17.0.1", "amd64").examine(Operation.background()))
        .extracting(Finding::status)
        .containsExactly(Status.PASS, Status.PASS);
    assertThat(new JavaPlatformCheck(11, "11", "aarch64").examine(Operation.background()))
        .extracting(Finding::status)
        .containsExactly(Status.FAIL, Status.FAIL);
  }
}
