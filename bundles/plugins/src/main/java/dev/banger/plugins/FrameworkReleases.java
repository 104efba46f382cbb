// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.host.Daemon;
import dev.banger.host.HostCommands;
import dev.banger.operation.Operation;
import dev.banger.plugins.ReleaseExamination.Examined;
import dev.banger.release.ReleaseChange;
import dev.banger.release.ReleaseChange.Kind;
import dev.banger.release.ReleasePlan;
import dev.banger.release.ReleasePlan.Way;
import dev.banger.release.ReleaseService;
import dev.banger.release.ReleaseSource;
import dev.banger.release.ReleaseUpdate;
import dev.banger.release.ReleaseUpdate.State;
import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** The releases of the installation that this framework runs from. */
@Component(immediate = true)
public final class FrameworkReleases implements ReleaseService {
  private static final Logger LOG = LoggerFactory.getLogger(FrameworkReleases.class);

  private static final Duration WHOLE = Duration.ofSeconds(15);

  /** Less than {@code recover} waits for it. */
  private static final Duration TRIAL = Duration.ofSeconds(40);

  private static final Duration CLOSE = Duration.ofSeconds(1);
  private static final Duration AWAIT = Duration.ofMillis(500);
  private static final Duration LOOK = Duration.ofMillis(20);
  private static final String ROOM = "release-";

  private final BundleContext context;
  private final Installation installation;
  private final FrameworkPlugins plugins;
  private final Wholeness wholeness;
  private final ReleaseExamination examination;
  private final Operation life = Operation.background();
  private volatile ReleaseUpdate running;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile Daemon daemon;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile HostCommands host;

  private volatile BangerDirectories directories;

  @Activate
  public FrameworkReleases(
      BundleContext context, @Reference FrameworkPlugins plugins, @Reference Rehearsal rehearsal) {
    this.context = context;
    this.installation = Installation.of(context);
    this.plugins = plugins;
    this.wholeness = new Wholeness(context, installation, plugins);
    this.examination =
        new ReleaseExamination(context, installation, rehearsal, new ReleaseFetching(new Web()));
    if (installation.exists()) {
      Optional<Path> verdict = ReleaseRehearsal.verdict(context);
      inBackground(
          "release-outcome",
          verdict.<Runnable>map(place -> () -> rehearse(place)).orElse(this::concludeLast));
    }
  }

  @Deactivate
  void deactivate() {
    life.cancel("the daemon stops");
  }

  // They stay what they are for the life of the daemon, also while their bundle is being updated.
  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindDirectories(BangerDirectories arrived) {
    if (directories == null) {
      clear(arrived.cache().resolve("plugins"));
    }
    directories = arrived;
  }

  void unbindDirectories(BangerDirectories gone) {
    // See above.
  }

  /** Removes what a daemon that was killed has left. */
  private static void clear(Path staging) {
    if (!Files.isDirectory(staging)) {
      return;
    }
    try (DirectoryStream<Path> left = Files.newDirectoryStream(staging, ROOM + "*")) {
      for (Path each : left) {
        ReleaseStage.delete(each);
      }
    } catch (IOException e) {
      LOG.warn("{} could not be cleared", staging, e);
    }
  }

  private static void inBackground(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  private ReleaseStage stage() {
    return new ReleaseStage(installation.root());
  }

  /** A daemon that is only tried tells whether it is whole, and stops. */
  private void rehearse(Path verdict) {
    try {
      Files.writeString(verdict, String.join("; ", wholeness.await(TRIAL)));
      context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).stop();
    } catch (IOException | BundleException | RuntimeException e) {
      LOG.error("It cannot be told whether this release is whole", e);
    }
  }

  /**
   * A new daemon on trial shows whether it is whole; any daemon tells how the last update ended.
   */
  private void concludeLast() {
    ReleaseStage stage = stage();
    try {
      if (context.getProperty("banger.trial") != null) {
        stage.judge(wholeness.await(TRIAL));
        Operation.background().within(TRIAL).await(() -> stage.phase().isEmpty(), LOOK);
      }
      if (stage.phase().isEmpty()) {
        tellOnce(stage, Operation.background());
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("The last update of the installation could not be concluded", e);
    }
  }

  private void tellOnce(ReleaseStage stage, Operation operation) {
    try {
      if (stage.tellOnce()) {
        stage.latest().ifPresent(last -> tell(last, operation));
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("The last update of the installation could not be told of", e);
    }
  }

  private void tell(ReleaseUpdate ended, Operation operation) {
    if (ended.state() == State.DONE) {
      LOG.info("banger {} has become {}", ended.from(), ended.to());
    } else {
      LOG.warn("banger {} was given up: {}", ended.to(), ended.reason());
    }
    plugins.events().release(ended, operation);
  }

  @Override
  public ReleasePlan examine(ReleaseSource source, Operation operation) {
    installation.requireOwnHost();
    Path room = room();
    try {
      return examination.examine(source, room, operation).plan();
    } finally {
      discard(room);
    }
  }

  private Path room() {
    try {
      Path staging = need(directories, "directories").cache().resolve("plugins");
      Files.createDirectories(staging);
      return Files.createTempDirectory(staging, ROOM);
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, "the cache cannot be written: " + e.getMessage(), e);
    }
  }

  private static void discard(Path room) {
    try {
      ReleaseStage.delete(room);
    } catch (IOException e) {
      LOG.warn("{} could not be removed", room, e);
    }
  }

  private static <T> T need(T service, String what) {
    if (service == null) {
      throw new BangerException(
          ErrorCode.UNAVAILABLE,
          "the service for banger's " + what + " is not there yet; try again");
    }
    return service;
  }

  @Override
  public ReleaseUpdate update(
      ReleaseSource source, String sha256, boolean restart, Operation operation) {
    installation.requireOwnHost();
    Changes changes = plugins.changes();
    changes.begin(operation);
    Path room = null;
    boolean begun = false;
    try {
      room = room();
      Examined examined = examination.examine(source, room, operation);
      if (sha256 != null && !sha256.equals(examined.plan().sha256())) {
        throw new BangerException(
            ErrorCode.CORRUPT,
            "this is another release than the one that was looked at; nothing was changed");
      }
      ReleaseUpdate update = begin(examined, restart, operation);
      begun = update.state() == State.RUNNING;
      return update;
    } finally {
      if (room != null) {
        discard(room);
      }
      if (!begun) {
        changes.end();
      }
    }
  }

  private ReleaseUpdate begin(Examined examined, boolean restart, Operation operation) {
    ReleasePlan plan = examined.plan();
    Way way = restart ? Way.RESTART : plan.way();
    ReleaseUpdate update = update(plan, way, State.RUNNING, null);
    if (plan.changes().stream().allMatch(each -> each.kind() == Kind.KEPT)
        && plan.sha256().equals(ReleaseList.of(installation.root()).sha256())) {
      return update(plan, way, State.DONE, null);
    }
    ReleaseStage stage = stage();
    stage.occupy();
    try {
      operation.progress().stage("stage", "copying the release");
      stage.take(examined.root(), examined.list(), plan.changes(), update);
      if (way == Way.LIVE) {
        examination.refuseUnfit(stage.fresh(), plan.changes());
        return beginLive(stage, plan, update, operation);
      }
      BangerDirectories own = need(directories, "directories");
      ReleaseRehearsal.run(
          stage.fresh(),
          own.run().resolve("r"),
          own.state(),
          need(host, "host commands"),
          operation);
      return beginRestart(stage, update, operation);
    } catch (IOException e) {
      stage.abandon();
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "the release could not be copied, and nothing was changed: " + Exceptions.told(e),
          e);
    } catch (RuntimeException e) {
      stage.abandon();
      throw e;
    }
  }

  private static ReleaseUpdate update(ReleasePlan plan, Way way, State state, String reason) {
    return new ReleaseUpdate(
        plan.from(),
        plan.to(),
        way,
        state,
        state == State.RUNNING ? "beginning" : null,
        reason,
        ReleaseStage.now(),
        state == State.RUNNING ? null : ReleaseStage.now());
  }

  private ReleaseUpdate beginLive(
      ReleaseStage stage, ReleasePlan plan, ReleaseUpdate update, Operation operation)
      throws IOException {
    List<ReleaseStep> steps = steps(stage, plan.changes(), operation);
    SteppedRelease release =
        new SteppedRelease(steps, () -> wholeness.await(WHOLE), step -> running = at(update, step));
    stage.open(ReleaseStage.Phase.LIVE);
    running = update;
    inBackground(
        "release-update",
        () -> {
          try (MDC.MDCCloseable ignored = MDC.putCloseable("op_id", operation.id())) {
            end(stage, update, release.run(), operation);
          } finally {
            running = null;
            plugins.changes().end();
          }
        });
    return update;
  }

  private List<ReleaseStep> steps(
      ReleaseStage stage, List<ReleaseChange> changes, Operation operation) {
    List<ReleaseStep> steps = new ArrayList<>();
    for (ReleaseChange each : changes) {
      if (each.kind() == Kind.REPLACED) {
        steps.add(
            examination
                .bundle(each.path())
                .<ReleaseStep>map(
                    bundle ->
                        new BundleStep(
                            bundle,
                            each.path(),
                            stage,
                            installation,
                            plugins.updates(),
                            new Wirings(context),
                            operation))
                .orElseGet(() -> new FileStep(stage, each.path())));
      }
    }
    steps.add(new FileStep(stage, ReleaseList.NAME));
    return steps;
  }

  private static ReleaseUpdate at(ReleaseUpdate update, String step) {
    return new ReleaseUpdate(
        update.from(),
        update.to(),
        update.way(),
        State.RUNNING,
        step,
        null,
        update.startedAt(),
        null);
  }

  private static ReleaseUpdate ended(ReleaseUpdate update, State state, String reason) {
    return new ReleaseUpdate(
        update.from(),
        update.to(),
        update.way(),
        state,
        null,
        reason,
        update.startedAt(),
        ReleaseStage.now());
  }

  private void end(
      ReleaseStage stage,
      ReleaseUpdate update,
      SteppedRelease.Outcome outcome,
      Operation operation) {
    try {
      if (outcome.broken() != null) {
        LOG.error("Not all came back ({}): the daemon starts anew", outcome.broken());
        stage.leaveReason(outcome.reason());
        leaveTo(stage.recover(), operation);
        return;
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("The update of the installation could not be ended; the next start ends it", e);
      return;
    }
    State state = outcome.reason() == null ? State.DONE : State.REVERTED;
    ReleaseUpdate ended = ended(update, state, outcome.reason());
    if (ending(stage).close(ended, step -> running = at(update, step))) {
      tellOnce(stage, operation);
    }
  }

  private ReleaseEnding ending(ReleaseStage stage) {
    return new ReleaseEnding(stage, life, CLOSE);
  }

  private ReleaseUpdate beginRestart(ReleaseStage stage, ReleaseUpdate update, Operation operation)
      throws IOException {
    Daemon present = need(daemon, "daemon");
    operation.check();
    stage.open(ReleaseStage.Phase.PENDING);
    ReleaseUpdate leaving = at(update, "the daemon starts anew");
    running = leaving;
    try {
      leaveTo(stage.recover(), operation, present);
    } catch (IOException | RuntimeException e) {
      running = null;
      stage.close(ended(update, State.REVERTED, Exceptions.told(e)));
      throw e;
    }
    inBackground("release-departure", () -> goOn(stage, operation));
    return leaving;
  }

  /** A daemon that did not stop in time goes on with the release that it has. */
  private void goOn(ReleaseStage stage, Operation operation) {
    if (ending(stage).awaitOther()) {
      running = null;
      plugins.changes().end();
      tellOnce(stage, operation);
    }
  }

  private void leaveTo(Path recover, Operation operation) throws IOException {
    leaveTo(recover, operation, need(daemon, "daemon"));
  }

  /** Stops this daemon; what comes next is decided by a program that outlives it. */
  private void leaveTo(Path recover, Operation operation, Daemon present) throws IOException {
    try (MDC.MDCCloseable ignored = MDC.putCloseable("op_id", operation.id())) {
      present.stop();
    }
    List<String> argv = new ArrayList<>();
    Optional.ofNullable(host)
        .flatMap(commands -> commands.find("setsid"))
        .ifPresent(setsid -> argv.add(setsid.toString()));
    argv.add("sh");
    argv.add(recover.toString());
    argv.addAll(CommandLineSettings.arguments(System.getProperties()));
    File output = need(directories, "directories").state().resolve("log/bangerd.out").toFile();
    // No HostCommand, which would end with this daemon. Should it not start, the next bangerd does.
    new ProcessBuilder(argv)
        .directory(new File("/"))
        .redirectInput(new File("/dev/null"))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(output))
        .start();
  }

  @Override
  public Optional<ReleaseUpdate> latest() {
    ReleaseUpdate present = running;
    if (present != null) {
      return Optional.of(present);
    }
    return installation.exists() ? stage().latest() : Optional.empty();
  }

  @Override
  public ReleaseUpdate await(Operation operation) {
    installation.requireOwnHost();
    long deadline = System.nanoTime() + AWAIT.toNanos();
    operation.await(
        () ->
            latest().filter(each -> each.state() == State.RUNNING).isEmpty()
                || System.nanoTime() - deadline >= 0,
        LOOK);
    return latest()
        .orElseThrow(
            () ->
                new BangerException(
                    ErrorCode.NOT_FOUND, "this installation was not updated as a whole yet"));
  }
}
