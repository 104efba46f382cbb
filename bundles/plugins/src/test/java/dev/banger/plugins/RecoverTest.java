// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.plugins.ReleaseStage.Phase;
import dev.banger.release.ReleasePlan.Way;
import dev.banger.release.ReleaseUpdate;
import dev.banger.release.ReleaseUpdate.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@link ReleaseStage} writes is what {@code lib/recover} ends, whoever was killed. */
@Timeout(60)
class RecoverTest {
  private static final String WHOLE = "#!/bin/sh\n: >\"$(dirname \"$0\")/good\"\nexec sleep 60\n";
  private static final String NEVER = "#!/bin/sh\nexec sleep 60\n";
  private static final String DEAD = "#!/bin/sh\nexit 1\n";

  @TempDir Path directory;
  private Path root;
  private ReleaseStage stage;

  @BeforeEach
  void install() throws IOException {
    root =
        new SampleRelease(directory.resolve("banger"), "0.1.0")
            .with("system/6/old.txt", "old")
            .root();
    stage = new ReleaseStage(root);
  }

  private void begin(Phase phase, String bangerd) throws IOException {
    beginHere(phase, bangerd);
    stage.vacate();
    // A process that has ended.
    Files.writeString(root.resolve("update/updater"), "1 0\n");
  }

  private void beginHere(Phase phase, String bangerd) throws IOException {
    Path release =
        new SampleRelease(directory.resolve("release"), "0.2.0")
            .with("bin/bangerd", bangerd)
            .with("system/9/new.txt", "new")
            .root();
    ReleaseList wanted = ReleaseList.of(release);
    ReleaseComparison comparison =
        ReleaseComparison.of(root, ReleaseList.of(root), release, wanted);
    stage.occupy();
    stage.take(
        release,
        wanted,
        comparison.changes(),
        new ReleaseUpdate(
            "0.1.0",
            "0.2.0",
            Way.RESTART,
            State.RUNNING,
            "beginning",
            null,
            ReleaseStage.now(),
            null));
    stage.open(phase);
  }

  private Process recover() throws IOException {
    return start(recovery());
  }

  private ProcessBuilder recovery() {
    ProcessBuilder builder = new ProcessBuilder("sh", root.resolve("update/recover").toString());
    builder.environment().put("BANGER_TRIAL_TENTHS", "300");
    return builder;
  }

  private Process start(ProcessBuilder builder) throws IOException {
    return builder
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("said").toFile())
        .start();
  }

  /** Kills it in the middle of its return: all but the first of the previous files are missing. */
  private void returnHalfWay() throws IOException, InterruptedException {
    Path tools = Files.createDirectories(directory.resolve("tools"));
    Path stuck = directory.resolve("stuck");
    Path link = tools.resolve("ln");
    Files.writeString(
        link,
        """
        #!/bin/sh
        case $1 in
        */update/previous/*)
          [ ! -e "%s.first" ] || { : >"%s"; exec sleep 60; }
          : >"%s.first"
          ;;
        esac
        exec /bin/ln "$@"
        """
            .formatted(stuck, stuck, stuck));
    link.toFile().setExecutable(true);
    ProcessBuilder builder = recovery();
    builder.environment().merge("PATH", tools.toString(), (path, first) -> first + ":" + path);
    Process killed = start(builder);
    await(() -> Files.exists(stuck));
    List<ProcessHandle> begun = killed.descendants().toList();
    // First, since it would go on when what it waits for ends.
    killed.destroyForcibly().waitFor();
    begun.forEach(ProcessHandle::destroyForcibly);
  }

  private String ended(Process process) throws IOException, InterruptedException {
    assertThat(process.waitFor(40, TimeUnit.SECONDS)).isTrue();
    return Files.readString(directory.resolve("said"));
  }

  private void assertPrevious() {
    ReleaseList list = ReleaseList.of(root);
    assertThat(list.version()).isEqualTo("0.1.0");
    list.verify(root);
    assertThat(root.resolve("system/9")).doesNotExist();
    assertThat(stage.phase()).isEmpty();
    assertThat(stage.latest().orElseThrow().state()).isEqualTo(State.REVERTED);
  }

  private void assertNew() {
    ReleaseList list = ReleaseList.of(root);
    assertThat(list.version()).isEqualTo("0.2.0");
    list.verify(root);
    assertThat(root.resolve("system/6/old.txt")).doesNotExist();
    assertThat(stage.phase()).isEmpty();
    assertThat(stage.latest().orElseThrow().state()).isEqualTo(State.DONE);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).isNegative();
      Thread.sleep(10); // between two looks at the condition
    }
  }

  @Test
  void a_new_daemon_that_is_whole_stays() throws IOException, InterruptedException {
    begin(Phase.PENDING, WHOLE);
    Process recover = recover();
    await(() -> stage.phase().isEmpty());
    assertThat(recover.isAlive()).isTrue();
    recover.destroy(); // the daemon is told to stop through the program that it was started by
    ended(recover);
    assertNew();
    assertThat(root.resolve("bin/bangerd")).hasContent(WHOLE);
  }

  @Test
  void a_new_daemon_that_ends_or_is_never_whole_makes_room_for_the_previous()
      throws IOException, InterruptedException {
    begin(Phase.PENDING, DEAD);
    assertThat(ended(recover())).contains("did not start").endsWith("bangerd 0.1.0\n");
    assertPrevious();
    assertThat(stage.latest().orElseThrow().reason()).contains("did not start");

    begin(Phase.PENDING, NEVER);
    ProcessBuilder hurried = recovery();
    hurried.environment().put("BANGER_TRIAL_TENTHS", "5");
    assertThat(ended(start(hurried))).contains("was not whole").endsWith("bangerd 0.1.0\n");
    assertPrevious();
  }

  private void beginWithDeadClient() throws IOException {
    new SampleRelease(directory.resolve("release"), "0.2.0");
    begin(Phase.PENDING, WHOLE);
    Files.writeString(root.resolve("update/new/bin/banger"), DEAD);
    Files.writeString(
        root.resolve("update/replace"),
        "bin/banger\n" + Files.readString(root.resolve("update/replace")));
    Files.copy(root.resolve("bin/banger"), root.resolve("update/previous/bin/banger"));
  }

  @Test
  void the_daemons_that_it_starts_have_its_arguments() throws IOException, InterruptedException {
    String told = "#!/bin/sh\necho \"tried $*\"\nexit 1\n";
    begin(Phase.PENDING, told);
    Files.writeString(root.resolve("bin/bangerd"), "#!/bin/sh\necho \"returned $*\"\n");
    Files.copy(
        root.resolve("bin/bangerd"),
        root.resolve("update/previous/bin/bangerd"),
        StandardCopyOption.REPLACE_EXISTING);
    root.resolve("update/previous/bin/bangerd").toFile().setExecutable(true);
    ProcessBuilder builder = recovery();
    builder.command().add("-Dbanger.config.a.b=c d");
    assertThat(ended(start(builder)))
        .contains("tried -Dbanger.config.a.b=c d")
        .endsWith("returned -Dbanger.config.a.b=c d\n");
  }

  @Test
  void a_client_that_does_not_reach_the_new_daemon_is_a_reason_too()
      throws IOException, InterruptedException {
    beginWithDeadClient();
    assertThat(ended(recover())).contains("client does not reach").endsWith("bangerd 0.1.0\n");
    assertPrevious();
  }

  @Test
  void a_trial_whose_end_nobody_saw_is_ended_by_the_next_start()
      throws IOException, InterruptedException {
    begin(Phase.PENDING, NEVER);
    Process killed = recover();
    await(() -> Files.exists(root.resolve("update/trial")));
    killed.destroyForcibly().waitFor();
    assertThat(root.resolve("system/9/new.txt")).exists();
    assertThat(ended(recover())).contains("ended before it was whole").endsWith("bangerd 0.1.0\n");
    assertPrevious();
  }

  @Test
  void a_trial_that_was_good_counts_also_when_nobody_saw_it()
      throws IOException, InterruptedException {
    begin(Phase.PENDING, NEVER);
    Process killed = recover();
    await(() -> Files.exists(root.resolve("update/trial")));
    killed.destroyForcibly().waitFor();
    stage.judge(List.of());
    Process next = recover();
    await(() -> stage.phase().isEmpty());
    next.destroyForcibly();
    assertNew();
  }

  @Test
  void a_return_that_was_killed_is_ended_as_one_also_when_the_new_daemon_was_good()
      throws IOException, InterruptedException {
    beginWithDeadClient();
    returnHalfWay();
    assertThat(stage.latest().orElseThrow().step()).contains("previous release returns");
    assertThat(ended(recover())).contains("client does not reach").endsWith("bangerd 0.1.0\n");
    assertPrevious();
    assertThat(stage.latest().orElseThrow().reason()).contains("client does not reach");
  }

  @Test
  void what_the_new_daemon_found_is_told_also_when_nobody_saw_it()
      throws IOException, InterruptedException {
    begin(Phase.PENDING, NEVER);
    Process killed = recover();
    await(() -> Files.exists(root.resolve("update/trial")));
    killed.destroyForcibly().waitFor();
    stage.judge(List.of("store does not run"));
    assertThat(ended(recover())).contains("store does not run").endsWith("bangerd 0.1.0\n");
    assertPrevious();
    assertThat(stage.latest().orElseThrow().reason()).isEqualTo("store does not run");
  }

  @Test
  void an_exchange_of_bundles_whose_daemon_was_killed_returns()
      throws IOException, InterruptedException {
    begin(Phase.LIVE, WHOLE);
    stage.place("system/6/store.txt");
    assertThat(ended(recover()))
        .contains("the daemon ended before the update did")
        .endsWith("bangerd 0.1.0\n");
    assertPrevious();
    // And once more, which changes nothing.
    assertThat(ended(recover())).endsWith("bangerd 0.1.0\n");
    assertPrevious();
  }

  @Test
  void a_journal_that_nobody_understands_returns_too() throws IOException, InterruptedException {
    begin(Phase.LIVE, WHOLE);
    stage.place("system/6/store.txt");
    Files.writeString(root.resolve("update/journal"), "");
    assertThat(ended(recover())).endsWith("bangerd 0.1.0\n");
    assertPrevious();
  }

  @Test
  void two_updates_are_never_made_at_once() throws IOException {
    begin(Phase.LIVE, WHOLE);
    assertThatThrownBy(stage::occupy).hasMessageContaining("a daemon is updating");
  }

  @Test
  void nor_does_one_daemon_begin_a_second_while_it_stages_the_first() {
    stage.occupy();
    assertThatThrownBy(new ReleaseStage(root)::occupy)
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.IN_USE);
    stage.vacate();
  }

  private static ReleaseUpdate done() {
    return new ReleaseUpdate(
        "0.1.0", "0.2.0", Way.LIVE, State.DONE, null, null, ReleaseStage.now(), ReleaseStage.now());
  }

  /** Stands where the outcome is written, as a full disk would. */
  private Path obstacle() throws IOException {
    Path obstacle = root.resolve("update/outcome.new");
    Files.createDirectories(obstacle.resolve("any"));
    return obstacle;
  }

  @Test
  void an_outcome_that_cannot_be_written_is_written_once_it_can()
      throws IOException, InterruptedException {
    begin(Phase.LIVE, WHOLE);
    Path obstacle = obstacle();
    List<String> told = new CopyOnWriteArrayList<>();
    ReleaseEnding ending = new ReleaseEnding(stage, Operation.background(), Duration.ofMillis(10));
    Thread closing = new Thread(() -> ending.close(done(), told::add));
    closing.start();
    await(() -> told.size() > 1);
    assertThat(told.get(0)).contains("cannot be written yet");
    assertThat(stage.phase()).contains(Phase.LIVE);
    Files.delete(obstacle.resolve("any"));
    closing.join();
    assertThat(stage.phase()).isEmpty();
    assertThat(stage.latest().orElseThrow().state()).isEqualTo(State.DONE);
    stage.occupy();
    stage.vacate();
  }

  @Test
  void an_outcome_that_cannot_be_written_is_left_to_the_next_daemon()
      throws IOException, InterruptedException {
    begin(Phase.LIVE, WHOLE);
    assertThat(obstacle()).exists();
    Operation life = Operation.background();
    ReleaseEnding ending = new ReleaseEnding(stage, life, Duration.ofMinutes(1));
    assertThat(ending.close(done(), why -> life.cancel("the daemon stops"))).isFalse();
    assertThat(stage.phase()).contains(Phase.LIVE);
  }

  @Test
  void a_daemon_that_did_not_stop_for_it_can_update_again()
      throws IOException, InterruptedException {
    beginHere(Phase.PENDING, WHOLE);
    ReleaseEnding ending = new ReleaseEnding(stage, Operation.background(), Duration.ZERO);
    Thread waiting = new Thread(ending::awaitOther);
    waiting.start();
    Files.delete(root.resolve("update/journal"));
    waiting.join();
    ReleaseStage next = new ReleaseStage(root);
    next.occupy();
    next.vacate();
  }

  @Test
  void an_update_that_is_over_tells_its_outcome_once() throws IOException {
    begin(Phase.LIVE, WHOLE);
    assertThat(stage.latest().orElseThrow().state()).isEqualTo(State.RUNNING);
    ReleaseUpdate ended =
        new ReleaseUpdate(
            "0.1.0",
            "0.2.0",
            Way.LIVE,
            State.REVERTED,
            null,
            "a\nb",
            ReleaseStage.now(),
            ReleaseStage.now());
    stage.close(ended);
    assertThat(stage.latest().orElseThrow().reason()).isEqualTo("a b");
    assertThat(stage.tellOnce()).isTrue();
    assertThat(stage.tellOnce()).isFalse();
    assertThat(root.resolve("update/new")).doesNotExist();
  }
}
