// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

@Timeout(60)
class SteadyServicesTest {
  private final SteadyServices services = new SteadyServices(Duration.ofSeconds(30));
  private final AtomicInteger calls = new AtomicInteger();

  private static VmService answering(Supplier<Object> answer) {
    return (VmService)
        Proxy.newProxyInstance(
            VmService.class.getClassLoader(),
            new Class<?>[] {VmService.class},
            (proxy, method, arguments) -> answer.get());
  }

  @Test
  void what_a_service_refuses_because_it_leaves_goes_to_its_successor() {
    services.vms =
        answering(
            () -> {
              services.vms = calls.incrementAndGet() < 3 ? services.vms : answering(List::of);
              throw new BangerException(ErrorCode.UPDATING, "it leaves");
            });
    assertThat(services.vms().list()).isEmpty();
    assertThat(calls).hasValue(3);
  }

  @Test
  void a_call_waits_for_a_service_that_is_away() throws Exception {
    VmService vms = services.vms();
    CountDownLatch begun = new CountDownLatch(1);
    FutureTask<List<Vm>> waiting =
        new FutureTask<>(
            () -> {
              begun.countDown();
              return vms.list();
            });
    new Thread(waiting).start();
    begun.await();
    services.vms = answering(List::of);
    assertThat(waiting.get()).isEmpty();
  }

  @Test
  void a_command_that_was_begun_before_an_update_finds_what_serves_after_it() {
    SteadyServices before = new SteadyServices(Duration.ofSeconds(30), framework(() -> List.of()));
    before.vms =
        answering(
            () -> {
              before.leave();
              before.vms = null;
              throw new BangerException(ErrorCode.UPDATING, "it leaves");
            });
    assertThat(before.vms().list()).isEmpty();
  }

  @Test
  void it_waits_for_that_too() {
    SteadyServices before = new SteadyServices(Duration.ofMillis(1), framework(null));
    before.leave();
    assertThatThrownBy(before.vms()::list)
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
  }

  /** A framework that has a service of machines, or none. */
  private static BundleContext framework(Supplier<Object> answer) {
    return (BundleContext)
        Proxy.newProxyInstance(
            BundleContext.class.getClassLoader(),
            new Class<?>[] {BundleContext.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "getServiceReference" ->
                      answer == null
                          ? null
                          : Proxy.newProxyInstance(
                              ServiceReference.class.getClassLoader(),
                              new Class<?>[] {ServiceReference.class},
                              (reference, unused, none) -> null);
                  case "getService" -> answering(answer);
                  default -> throw new AssertionError(method);
                });
  }

  @Test
  void it_waits_no_longer_than_its_patience_or_its_operation() {
    VmService hurried = new SteadyServices(Duration.ofMillis(1)).vms();
    assertThatThrownBy(hurried::list)
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE))
        .hasMessageContaining("machines");
    Operation cancelled = Operation.background();
    cancelled.cancel("no more");
    assertThatThrownBy(() -> services.vms().start("web", cancelled)).hasMessage("no more");
  }

  @Test
  void other_failures_are_told_at_once() {
    services.vms =
        answering(
            () -> {
              calls.incrementAndGet();
              throw new BangerException(ErrorCode.NOT_FOUND, "no such machine");
            });
    assertThatThrownBy(() -> services.vms().list()).hasMessage("no such machine");
    assertThat(calls).hasValue(1);
  }
}
