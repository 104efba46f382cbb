// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.capability.Capability;
import dev.banger.capability.CapabilityTarget;
import dev.banger.capability.Cleanup;
import dev.banger.capability.PostStart;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.Event;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginService;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;

/** Capabilities that come and go while machines run, and such that misbehave. */
@Timeout(60)
class HotPlugTest {
  @TempDir private Path directory;
  private Platform platform;
  private final List<String> calls = new CopyOnWriteArrayList<>();

  @BeforeEach
  void install() {
    platform = new Platform(directory);
  }

  @AfterEach
  void uninstall() {
    platform.close();
  }

  /** Records its calls; each may be made to do something more. */
  private final class Recording implements PostStart, Cleanup {
    private final String name;
    private final String text;
    private Runnable onStart = () -> {};
    private Runnable onCleanup = () -> {};

    Recording(String name, String text) {
      this.name = name;
      this.text = text;
    }

    @Override
    public String capability() {
      return name;
    }

    @Override
    public void started(Vm vm, boolean late, Operation operation) {
      calls.add(text + (late ? " late " : " started ") + vm.name());
      onStart.run();
    }

    @Override
    public void cleanUp(Vm vm, Operation operation) {
      calls.add(text + " cleaned " + vm.name());
      onCleanup.run();
    }
  }

  private Recording recording(String name) {
    return new Recording(name, name);
  }

  @Test
  void one_that_arrives_is_applied_to_the_machines_that_run() {
    Vm runs = platform.create("runs");
    platform.start("runs");
    platform.create("rests");
    platform.add(recording("dns"));
    awaitEvent(Event.CAPABILITY_APPLIED, "dns");
    assertThat(calls).containsExactly("dns late runs");
    assertThat(platform.stored(runs).capabilities()).containsExactly("fake", "dns");

    platform.start("rests");
    assertThat(calls).containsExactly("dns late runs", "dns started rests");
    platform.machines().kill("runs", "KILL", Operation.background());
    assertThat(calls).last().isEqualTo("dns cleaned runs");
    assertThat(platform.stored(runs).capabilities()).isEmpty();
  }

  @Test
  void one_of_a_plugin_that_starts_after_the_daemon_counts_from_the_first_start() {
    platform.create("web");
    Recording dns = recording("dns");
    platform.machines().plugins = initialPlugins(() -> platform.add(dns));
    platform.start("web");
    assertThat(calls).containsExactly("dns started web");
  }

  private static PluginService initialPlugins(Runnable arrival) {
    return (PluginService)
        Proxy.newProxyInstance(
            PluginService.class.getClassLoader(),
            new Class<?>[] {PluginService.class},
            (proxy, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("awaitInitial");
              arrival.run();
              return null;
            });
  }

  @Test
  void an_error_of_a_hook_is_its_failure_and_what_was_started_is_undone() {
    Vm vm = platform.create("web");
    Recording dns = recording("dns");
    dns.onStart =
        () -> {
          throw new ServiceConfigurationError("no provider");
        };
    platform.add(dns);
    assertThatThrownBy(() -> platform.start("web"))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("no provider");
    assertThat(calls).containsExactly("dns started web", "dns cleaned web");
    assertThat(platform.stored(vm).state()).isEqualTo(VmState.ERROR);
    assertThat(platform.hypervisor.running()).isZero();
  }

  @Test
  void one_that_arrives_while_a_start_comes_to_its_end_is_applied() throws Exception {
    platform.restartBare();
    platform.create("web");
    CountDownLatch starting = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    platform.hypervisor.beforeStart =
        config -> {
          starting.countDown();
          awaitLatch(go);
        };
    CompletableFuture<Vm> start = CompletableFuture.supplyAsync(() -> platform.start("web"));
    awaitLatch(starting);
    // The start ends between the look at the records and what is made of them.
    platform.store.afterNextList(
        () -> {
          go.countDown();
          start.join();
        });
    platform.add(recording("dns"));
    awaitEvent(Event.CAPABILITY_APPLIED, "dns");
    assertThat(calls).containsExactly("dns late web");
  }

  @Test
  void a_guest_answers_also_when_its_start_ends_at_that_moment() {
    platform.create("web");
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Recording dns = recording("dns");
    dns.onStart =
        () -> {
          running.countDown();
          awaitLatch(go);
        };
    platform.add(dns);
    CompletableFuture<Vm> start = CompletableFuture.supplyAsync(() -> platform.start("web"));
    awaitLatch(running);
    assertThat(platform.guests().ping("web", Operation.background())).isPositive();
    platform.store.afterNextList(
        () -> {
          go.countDown();
          start.join();
        });
    assertThat(platform.guests().ping("web", Operation.background())).isPositive();
  }

  @Test
  void what_is_there_when_the_daemon_starts_is_applied_when_all_machines_are_adopted() {
    for (String name : List.of("db", "web")) {
      platform.create(name);
      platform.start(name);
    }
    platform.close();
    platform.activateBeforeHypervisors();
    platform.add(recording("dns"));
    // The reconciliation begins late.
    platform.store.afterNextList(() -> Operation.background().pause(Duration.ofMillis(200)));
    platform.hypervisorArrives();
    await(() -> kinds().stream().filter(Event.CAPABILITY_APPLIED::equals).count() == 2);
    assertThat(kinds())
        .filteredOn(List.of(Event.ADOPTED, Event.CAPABILITY_APPLIED)::contains)
        .containsExactly(
            Event.ADOPTED, Event.ADOPTED, Event.CAPABILITY_APPLIED, Event.CAPABILITY_APPLIED);
  }

  private List<String> kinds() {
    return platform.events.latest(null, 1000).stream().map(Event::kind).toList();
  }

  /** Needs a moment to come to its end when it is cancelled. */
  private final class Slow implements PostStart {
    private final CountDownLatch begun = new CountDownLatch(1);

    @Override
    public String capability() {
      return "slow";
    }

    @Override
    public void started(Vm vm, boolean late, Operation operation) {
      begun.countDown();
      try {
        operation.await(() -> false, Duration.ofMillis(5));
      } finally {
        Operation.background().pause(Duration.ofMillis(100));
        calls.add("slow ended");
      }
    }
  }

  @Test
  void a_service_that_leaves_waits_for_what_it_has_begun() {
    platform.create("web");
    platform.start("web");
    Slow slow = new Slow();
    platform.add(slow);
    awaitLatch(slow.begun);
    platform.close();
    calls.add("service left");
    assertThat(calls).containsExactly("slow ended", "service left");
  }

  @Test
  void one_that_leaves_is_cleaned_up_before_it_is_gone() {
    Vm vm = platform.create("web");
    platform.start("web");
    Recording dns = recording("dns");
    platform.add(dns);
    awaitEvent(Event.CAPABILITY_APPLIED, "dns");
    platform.capabilities.remove(dns);
    assertThat(calls).containsExactly("dns late web", "dns cleaned web");
    assertThat(platform.stored(vm).capabilities()).containsExactly("fake");
    assertThat(platform.stored(vm).state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void one_with_a_target_is_told_of_no_other_machine_and_named_by_none() {
    Vm web = platform.create("web");
    platform.start("web");
    platform.create("db");
    platform.add(recording("dns"), Map.of(CapabilityTarget.PROPERTY, "(name=db)"));
    platform.start("db");
    platform.add(recording("log"));
    awaitEvent(Event.CAPABILITY_APPLIED, "log");
    await(() -> calls.size() == 3);
    assertThat(calls).containsExactlyInAnyOrder("dns started db", "log late web", "log late db");
    assertThat(platform.stored(web).capabilities()).containsExactly("fake", "log");
    assertThat(platform.machines().find("db").capabilities()).containsExactly("fake", "dns", "log");
  }

  @Test
  void a_change_brings_a_running_machine_what_it_comes_to_concern_and_takes_it_away_again() {
    Vm web = platform.create("web");
    platform.start("web");
    platform.add(recording("dns"), Map.of(CapabilityTarget.PROPERTY, "(label.team=*)"));
    label(Map.of("other", "1"), List.of());
    assertThat(calls).isEmpty();

    Vm changed = label(Map.of("team", "a"), List.of());
    assertThat(calls).containsExactly("dns late web");
    assertThat(changed.capabilities()).containsExactly("fake", "dns");
    label(Map.of("team", "b"), List.of());
    assertThat(calls).as("it is there already").hasSize(1);

    changed = label(Map.of(), List.of("team"));
    assertThat(calls).containsExactly("dns late web", "dns cleaned web");
    assertThat(changed.capabilities()).containsExactly("fake");
    assertThat(platform.stored(web)).isEqualTo(changed);

    label(Map.of("team", "a"), List.of());
    assertThat(calls).last().isEqualTo("dns late web");
    assertThat(calls).hasSize(3);
  }

  private Vm label(Map<String, String> labels, List<String> removed) {
    return platform
        .machines()
        .set(
            "web",
            ChangeVm.builder().labels(labels).removedLabels(removed).build(),
            Operation.background());
  }

  @Test
  void one_whose_target_is_no_filter_is_refused() {
    platform.create("web");
    platform.add(recording("dns"), Map.of(CapabilityTarget.PROPERTY, "name=web"));
    platform.start("web");
    assertThat(platform.capabilities.snapshot().names()).containsExactly("fake", "work-disk");
    assertThat(calls).isEmpty();
  }

  @Test
  void one_whose_successor_is_there_leaves_nothing_to_clean_up() {
    Vm vm = platform.create("web");
    platform.start("web");
    Recording old = new Recording("dns", "dns-1");
    platform.add(old);
    await(() -> calls.contains("dns-1 late web"));
    platform.add(new Recording("dns", "dns-2"));
    await(() -> calls.contains("dns-2 late web"));
    platform.capabilities.remove(old);
    assertThat(calls).containsExactly("dns-1 late web", "dns-2 late web");
    assertThat(platform.stored(vm).capabilities()).containsExactly("fake", "dns");
  }

  @Test
  void nothing_is_cleaned_up_when_the_whole_daemon_stops() {
    Bundle stopping =
        (Bundle)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Bundle.class},
                (proxy, method, arguments) -> Bundle.STOPPING);
    Capabilities capabilities = new Capabilities(stopping);
    Recording dns = recording("dns");
    capabilities.add(dns, Map.of(), "example", "1");
    capabilities.onDeparture(hook -> calls.add("told"));
    capabilities.remove(dns);
    assertThat(calls).isEmpty();

    Capabilities goingOn = new Capabilities((Bundle) null);
    goingOn.add(dns, Map.of(), "example", "1");
    goingOn.onDeparture(hook -> calls.add("told"));
    goingOn.remove(dns);
    assertThat(calls).containsExactly("told");
  }

  @Test
  void a_start_under_way_keeps_those_that_it_began_with() throws Exception {
    Vm vm = platform.create("web");
    Recording early = recording("early");
    platform.add(early);
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    platform.hypervisor.beforeStart =
        config -> {
          reached.countDown();
          awaitLatch(go);
        };
    CompletableFuture<Vm> start = CompletableFuture.supplyAsync(() -> platform.start("web"));
    awaitLatch(reached);
    platform.add(recording("late"));
    CompletableFuture<Void> leaving =
        CompletableFuture.runAsync(() -> platform.capabilities.remove(early));
    await(() -> !platform.capabilities.snapshot().knows("early"));
    assertThat(calls).isEmpty();
    go.countDown();
    start.get();
    leaving.get();
    await(() -> calls.contains("late late web"));
    assertThat(calls)
        .containsExactlyInAnyOrder("early started web", "early cleaned web", "late late web");
    assertThat(calls.indexOf("early started web")).isZero();
    await(() -> platform.stored(vm).capabilities().equals(List.of("fake", "late")));
  }

  @Test
  void those_that_arrive_together_are_applied_by_rank_and_none_keeps_the_other_out() {
    platform.create("web");
    platform.start("web");
    CountDownLatch go = new CountDownLatch(1);
    Recording first = recording("first");
    first.onStart = () -> awaitLatch(go);
    platform.capabilities.add(first, Map.of(Constants.SERVICE_RANKING, 9), "example", "1");
    await(() -> calls.size() == 1);
    Recording faulty = recording("faulty");
    faulty.onStart =
        () -> {
          throw new NoClassDefFoundError("gone");
        };
    platform.capabilities.add(recording("low"), Map.of(Constants.SERVICE_RANKING, 1), "x", "1");
    platform.capabilities.add(faulty, Map.of(Constants.SERVICE_RANKING, 5), "example.bad", "3");
    platform.capabilities.add(recording("high"), Map.of(Constants.SERVICE_RANKING, 7), "x", "1");
    go.countDown();
    awaitEvent(Event.CAPABILITY_APPLIED, "low");
    assertThat(calls)
        .containsExactly("first late web", "high late web", "faulty late web", "low late web");
    assertThat(eventOf(Event.CAPABILITY_FAILED, "faulty").details())
        .containsEntry("bundle", "example.bad 3")
        .hasEntrySatisfying("error", error -> assertThat(error).contains("NoClassDefFoundError"));
  }

  @Test
  void one_that_hangs_in_a_start_fails_it_and_lets_the_machine_go() {
    platform.restartBare();
    Vm vm = platform.create("web");
    CountDownLatch never = new CountDownLatch(1);
    Recording stuck = recording("stuck");
    platform.hypervisor.beforeStart = config -> limitCalls();
    stuck.onStart = () -> hang(never);
    platform.add(stuck);
    assertThatThrownBy(() -> platform.start("web"))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED))
        .hasMessageContaining("stuck (bundle example.stuck 1.0.0)");
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.stored(vm).lastError()).contains("example.stuck");
    platform.capabilities.remove(stuck);
    platform.hypervisor.beforeStart = config -> {};
    assertThat(platform.start("web").state()).isEqualTo(VmState.RUNNING);
    never.countDown();
  }

  @Test
  void one_that_hangs_while_it_leaves_still_owes_its_clean_up_and_pays_when_it_returns() {
    Vm vm = platform.create("web");
    platform.start("web");
    CountDownLatch never = new CountDownLatch(1);
    Recording stuck = recording("stuck");
    stuck.onCleanup = () -> hang(never);
    platform.add(stuck);
    awaitEvent(Event.CAPABILITY_APPLIED, "stuck");
    limitCalls();
    platform.capabilities.remove(stuck);
    assertThat(platform.stored(vm).capabilities()).containsExactly("fake", "stuck");
    assertThat(doctor(platform)).endsWith("that are not there: web: stuck");
    platform.machines().kill("web", "KILL", Operation.background());
    assertThat(platform.stored(vm).capabilities()).containsExactly("stuck");
    assertThat(doctor(platform)).contains("web: stuck");
    never.countDown();

    platform.add(recording("stuck"));
    await(() -> platform.stored(vm).capabilities().isEmpty());
    assertThat(doctor(platform)).isEqualTo("fake, stuck, work-disk");
  }

  /** For the next call only: those that do not hang may take their time on a slow host. */
  private void limitCalls() {
    platform.settings.put("capabilityTimeoutSeconds", 1);
  }

  /** Ignores interrupts. */
  private void hang(CountDownLatch never) {
    platform.settings.remove("capabilityTimeoutSeconds");
    awaitLatch(never);
  }

  private static String doctor(Platform platform) {
    return new MachineChecks(
            new FakeHostCommands(), platform.machines(), platform.capabilities, platform)
        .examine(Operation.background()).stream()
            .filter(finding -> finding.check().equals("capabilities"))
            .map(finding -> finding.detail())
            .findFirst()
            .orElseThrow();
  }

  @Test
  void a_machine_is_deleted_but_for_what_an_absent_one_owes_and_whole_when_it_returns() {
    Vm vm = owingAfterDeletion();
    platform.add(recording("dns"));
    await(() -> platform.store.findById(vm.id()).isEmpty());
    assertThat(calls).last().isEqualTo("dns cleaned web");
  }

  @Test
  void a_hook_of_the_same_capability_does_not_pay_for_the_clean_up_that_is_away() {
    platform.add(
        new PostStart() {
          @Override
          public String capability() {
            return "dns";
          }

          @Override
          public void started(Vm vm, boolean late, Operation operation) {
            calls.add("dns without a clean-up started " + vm.name());
          }
        });
    Vm vm = owingAfterDeletion();
    assertThat(doctor(platform)).contains("web: dns");
    platform.add(recording("dns"));
    await(() -> platform.store.findById(vm.id()).isEmpty());
    assertThat(calls).last().isEqualTo("dns cleaned web");
  }

  @Test
  void what_an_absent_one_owes_can_be_given_up() {
    Vm vm = owingAfterDeletion();
    platform.machines().abandon("web", Operation.background());
    platform.machines().delete("web", Operation.background());
    assertThat(platform.store.findById(vm.id())).isEmpty();
  }

  /** A machine that was deleted while a capability was away that had hung when it left. */
  private Vm owingAfterDeletion() {
    platform.create("web");
    Recording dns = recording("dns");
    dns.onCleanup =
        () -> {
          throw new BangerException(ErrorCode.OPERATION_FAILED, "no");
        };
    platform.add(dns);
    Vm vm = platform.start("web");
    platform.capabilities.remove(dns);
    assertThatThrownBy(() -> platform.machines().abandon("web", Operation.background()))
        .hasMessageContaining("running");
    assertThatThrownBy(() -> platform.machines().delete("web", Operation.background()))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE))
        .hasMessageContaining("dns");
    assertThat(vm.files().directory()).doesNotExist();
    assertThat(platform.stored(vm).state()).isEqualTo(VmState.ERROR);
    assertThat(platform.stored(vm).capabilities()).containsExactly("dns");
    return vm;
  }

  @Test
  void one_without_a_proper_name_is_refused() {
    platform.add(recording("dns"));
    Capability nameless = () -> "No Name";
    platform.capabilities.add(nameless, Map.of(), "example", "1");
    Capability throwing =
        () -> {
          throw new IllegalStateException("no name");
        };
    platform.capabilities.add(throwing, Map.of(), "example", "1");
    platform.capabilities.add("no capability", Map.of(), "example", "1");
    assertThat(platform.capabilities.snapshot().names())
        .containsExactly("dns", "fake", "work-disk");
  }

  private Event eventOf(String kind, String capability) {
    return platform.events.after(0, null, Integer.MAX_VALUE).stream()
        .filter(event -> event.kind().equals(kind))
        .filter(event -> event.details().get("capability").equals(capability))
        .findFirst()
        .orElse(null);
  }

  private void awaitEvent(String kind, String capability) {
    await(() -> eventOf(kind, capability) != null);
  }

  private static void await(BooleanSupplier condition) {
    Operation.background().within(Duration.ofSeconds(20)).await(condition, Duration.ofMillis(5));
  }

  /** As code does that knows no interrupts. */
  private static void awaitLatch(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
