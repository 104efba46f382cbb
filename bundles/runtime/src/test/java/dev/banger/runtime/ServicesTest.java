// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.VmService;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

@Timeout(60)
class ServicesTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final AtomicReference<VmService> registered = new AtomicReference<>();
  private final Services services = new Services(LONG, framework());

  @Test
  void a_request_that_waits_is_seen_and_gets_the_service_when_it_comes() throws Exception {
    FutureTask<VmService> request = new FutureTask<>(() -> services.vms(Operation.background()));
    new Thread(request, "request").start();
    Operation.background().within(LONG).await(services::isWaitedFor, Duration.ofMillis(1));
    VmService machines = fake(VmService.class, (proxy, method, arguments) -> null);
    services.vms = machines;
    assertThat(request.get()).isSameAs(machines);
    assertThat(services.isWaitedFor()).isFalse();
  }

  @Test
  void a_request_that_was_begun_before_an_update_finds_what_serves_after_it() throws Exception {
    FutureTask<VmService> request = new FutureTask<>(() -> services.vms(Operation.background()));
    new Thread(request, "request").start();
    Operation.background().within(LONG).await(services::isWaitedFor, Duration.ofMillis(1));
    services.leave();
    VmService successor = fake(VmService.class, (proxy, method, arguments) -> null);
    registered.set(successor);
    assertThat(request.get()).isSameAs(successor);
  }

  @Test
  void a_service_that_leaves_as_soon_as_it_has_come_is_given_to_who_waited_for_it() {
    VmService machines = fake(VmService.class, (proxy, method, arguments) -> null);
    Deque<Optional<VmService>> looks =
        new ArrayDeque<>(List.of(Optional.empty(), Optional.of(machines)));
    VmService given =
        services.need(
            VmService.class,
            "VM",
            () -> looks.isEmpty() ? null : looks.remove().orElse(null),
            Operation.background());
    assertThat(given).isSameAs(machines);
  }

  @Test
  void what_does_not_come_is_unavailable() {
    Services hurried = new Services(Duration.ofMillis(1), framework());
    assertUnavailable(hurried);
    hurried.leave();
    assertUnavailable(hurried);
    assertThat(hurried.isWaitedFor()).isFalse();
  }

  private static void assertUnavailable(Services services) {
    assertThatThrownBy(() -> services.vms(Operation.background()))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
  }

  private BundleContext framework() {
    ServiceReference<?> reference =
        fake(ServiceReference.class, (proxy, method, arguments) -> null);
    return fake(
        BundleContext.class,
        (proxy, method, arguments) ->
            switch (method.getName()) {
              case "getServiceReference" -> registered.get() == null ? null : reference;
              case "getService" -> registered.get();
              default -> throw new AssertionError(method);
            });
  }

  private static <T> T fake(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
