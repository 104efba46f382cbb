// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.doctor.Finding;
import dev.banger.operation.Operation;
import java.lang.reflect.Proxy;
import java.util.List;
import org.apache.felix.hc.api.HealthCheck;
import org.apache.felix.hc.api.Result;
import org.junit.jupiter.api.Test;
import org.osgi.framework.ServiceReference;

class HealthTest {
  private final HealthOfOthers doctor = new HealthOfOthers();

  @Test
  void the_worst_finding_is_the_status_and_each_is_an_entry() {
    Result result =
        new FindingsCheck(
                operation ->
                    List.of(
                        Finding.pass("qemu", "7.2"),
                        Finding.fail("kvm", "{} is not there", "load kvm_intel")))
            .execute();
    assertThat(result.getStatus()).isEqualTo(Result.Status.CRITICAL);
    assertThat(result)
        .extracting(entry -> entry.getMessage())
        .containsExactly("qemu: 7.2", "kvm: {} is not there; load kvm_intel");
  }

  @Test
  void a_limit_is_a_warning_and_all_well_is_ok() {
    assertThat(status(Finding.warn("disk", "small", "enlarge it"))).isEqualTo(Result.Status.WARN);
    assertThat(status(Finding.pass("disk", "large"))).isEqualTo(Result.Status.OK);
  }

  private static Result.Status status(Finding finding) {
    return new FindingsCheck(operation -> List.of(finding)).execute().getStatus();
  }

  @Test
  void checks_of_others_are_rows_by_their_names() {
    doctor.bind(reference("disk"), () -> new Result(Result.Status.OK, "plenty"));
    assertThat(doctor.examine(Operation.background()))
        .containsExactly(Finding.pass("health disk", "plenty"));
  }

  @Test
  void what_others_call_critical_keeps_no_machine_from_running() {
    doctor.bind(reference("mail"), () -> new Result(Result.Status.CRITICAL, "no server"));
    assertThat(doctor.examine(Operation.background()))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.status()).isEqualTo(Finding.Status.WARN);
              assertThat(finding.detail()).isEqualTo("CRITICAL: no server");
            });
  }

  @Test
  void a_check_that_throws_is_a_row_and_the_others_are_asked() {
    doctor.bind(
        reference("bad"),
        () -> {
          throw new IllegalStateException("oh");
        });
    doctor.bind(reference("good"), () -> new Result(Result.Status.OK, "fine"));
    assertThat(doctor.examine(Operation.background()))
        .extracting(Finding::check, Finding::status)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("health bad", Finding.Status.WARN),
            org.assertj.core.groups.Tuple.tuple("health good", Finding.Status.PASS));
  }

  @Test
  void one_that_left_is_asked_no_more() {
    ServiceReference<HealthCheck> reference = reference("disk");
    doctor.bind(reference, () -> new Result(Result.Status.OK, "plenty"));
    doctor.unbind(reference);
    assertThat(doctor.examine(Operation.background())).isEmpty();
  }

  @SuppressWarnings("unchecked")
  private static ServiceReference<HealthCheck> reference(String name) {
    return (ServiceReference<HealthCheck>)
        Proxy.newProxyInstance(
            HealthTest.class.getClassLoader(),
            new Class<?>[] {ServiceReference.class},
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "getProperty" -> HealthCheck.NAME.equals(arguments[0]) ? name : null;
                  case "hashCode" -> System.identityHashCode(self);
                  case "equals" -> self == arguments[0];
                  default -> name;
                });
  }
}
