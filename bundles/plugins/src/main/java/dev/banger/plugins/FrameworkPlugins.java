// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.EventStream;
import dev.banger.host.BangerDirectories;
import dev.banger.operation.Operation;
import dev.banger.plugin.Plugin;
import dev.banger.plugin.PluginCandidate;
import dev.banger.plugin.PluginDetails;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginRemoval;
import dev.banger.plugin.PluginService;
import dev.banger.plugin.PluginSource;
import dev.banger.plugin.PluginState;
import dev.banger.plugin.PluginUpdate;
import dev.banger.plugin.PluginUpdate.State;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Dictionary;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.metatype.annotations.Designate;

/**
 * The plugins of the framework that this runs in. It outlives every bundle that it may update, so
 * that none of them is a reference it cannot be without; nor is it gone while nobody uses it.
 */
@Component(
    service = {PluginService.class, FrameworkPlugins.class},
    immediate = true,
    configurationPid = "dev.banger.plugins")
@Designate(ocd = PluginConfiguration.class)
public final class FrameworkPlugins implements PluginService {
  /** How long a new bundle may take until it works. */
  private static final Duration LIMIT = Duration.ofSeconds(15);

  /** How long those that are there when the daemon starts may take. */
  private static final Duration INITIAL = Duration.ofSeconds(5);

  /** How long nobody has written to a file that is complete. */
  private static final Duration STILL = Duration.ofSeconds(5);

  /** Whoever waits for their update is a part of them. */
  private static final Set<String> CARRIERS = Set.of("dev.banger.runtime", "dev.banger.shell");

  private final Installation installation;
  private final BundleList bundles;
  private final Components components;
  private final Diagnosis diagnosis;
  private final InitialPlugins initial;
  private final Contributions contributions;
  private final PluginEvents events = new PluginEvents();
  private final Updates updates;
  private final Changes changes;
  private final UnfinishedUpdates unfinished;
  private final AddedJars jars;
  private final GoodJars goodJars;
  private final Web web = new Web();
  private volatile PluginConfiguration configuration;
  private volatile BangerDirectories directories;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile VmService vms;

  @Activate
  public FrameworkPlugins(
      BundleContext context,
      PluginConfiguration configuration,
      @Reference ServiceComponentRuntime runtime,
      @Reference Rehearsal rehearsal) {
    this.configuration = configuration;
    this.installation = Installation.of(context);
    this.bundles = new BundleList(context, installation);
    this.components = new Components(runtime);
    this.diagnosis = new Diagnosis(context, components);
    this.initial = new InitialPlugins(context, installation, components, INITIAL);
    this.contributions = new Contributions(context);
    SelfCheck check = new SelfCheck(context, components, diagnosis);
    this.updates =
        new Updates(check, components, new Drains(context), events, LIMIT, InstantSource.system());
    WatchedDirectory watched =
        new WatchedDirectory(context, installation, WatchedDirectory.Patience.OF_DAEMON);
    this.changes =
        new Changes(
            context,
            installation,
            rehearsal,
            check,
            LIMIT,
            updates,
            this::fetching,
            watched,
            () -> kept(present()));
    this.unfinished = new UnfinishedUpdates(context, installation, updates);
    this.jars = new AddedJars(context, installation, rehearsal, STILL);
    this.goodJars =
        new GoodJars(
            context,
            installation,
            components,
            check,
            LIMIT,
            changes,
            updates,
            watched,
            jars,
            STILL);
  }

  Changes changes() {
    return changes;
  }

  Updates updates() {
    return updates;
  }

  PluginEvents events() {
    return events;
  }

  /** Takes other addresses for what is fetched from now on. */
  @Modified
  void change(PluginConfiguration changed) {
    configuration = changed;
  }

  @Deactivate
  void deactivate() {
    goodJars.close();
  }

  // They stay what they are for the life of the daemon, also while their bundle is being updated.
  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindDirectories(BangerDirectories arrived) {
    if (directories == null) {
      new Staging(arrived.cache()).clear();
      if (installation.exists()) {
        unfinished.takeBack(kept(arrived));
      }
    }
    directories = arrived;
    goodJars.keepIn(kept(arrived));
  }

  /** What is remembered of plugins. */
  private static Path kept(BangerDirectories directories) {
    return directories.state().resolve("plugins");
  }

  void unbindDirectories(BangerDirectories gone) {
    // See above.
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindEvents(EventStream stream) {
    events.to(stream);
  }

  void unbindEvents(EventStream stream) {
    events.without(stream);
  }

  @Override
  public void awaitInitial(Operation operation) {
    initial.await(operation);
  }

  @Override
  public List<Plugin> list(boolean all) {
    return bundles.all().stream()
        .filter(each -> all || !bundles.isOwn(each))
        .map(this::plugin)
        .toList();
  }

  @Override
  public List<PluginProblem> refusedJars() {
    return jars.refused();
  }

  private Plugin plugin(Bundle bundle) {
    return new Plugin(
        bundle.getSymbolicName(),
        bundle.getVersion().toString(),
        state(diagnosis.problems(bundle)),
        bundles.isOwn(bundle),
        List.copyOf(contributions.of(bundle)),
        installation.file(bundle).orElse(null),
        updates
            .latest(bundle.getSymbolicName())
            .filter(each -> each.state() == State.REVERTED || each.state() == State.BROKEN)
            .map(PluginUpdate::reason)
            .orElse(null));
  }

  private static PluginState state(List<PluginProblem> problems) {
    PluginState state = PluginState.ACTIVE;
    for (PluginProblem each : problems) {
      switch (each.kind()) {
        case REQUIREMENT, INCOMPATIBLE -> {
          return PluginState.UNRESOLVED;
        }
        case NOT_STARTED -> {
          return PluginState.STOPPED;
        }
        case ACTIVATION -> state = PluginState.FAILED;
        default -> state = state == PluginState.ACTIVE ? PluginState.WAITING : state;
      }
    }
    return state;
  }

  @Override
  public PluginDetails info(String name) {
    Bundle bundle = bundles.find(name);
    Optional<JarFacts> jar = installation.file(bundle).filter(Files::isReadable).map(JarFacts::of);
    Dictionary<String, String> headers = bundle.getHeaders("");
    return new PluginDetails(
        plugin(bundle),
        headers.get(Constants.BUNDLE_VENDOR),
        headers.get(Constants.BUNDLE_DESCRIPTION),
        headers.get("Bundle-License"),
        jar.map(JarFacts::sha256).orElse(null),
        jar.map(JarFacts::signer).orElse(null),
        List.copyOf(Snapshot.interfaces(Snapshot.published(bundle))),
        Requirements.mandatory(bundle).stream().map(Requirements::words).sorted().toList(),
        diagnosis.problems(bundle),
        updates.latest(bundle.getSymbolicName()).orElse(null));
  }

  @Override
  public List<PluginProblem> why(String name) {
    return diagnosis.problems(bundles.find(name));
  }

  @Override
  public PluginCandidate examine(PluginSource source, Operation operation) {
    return changes.examine(source, operation);
  }

  @Override
  public Plugin install(PluginSource source, Operation operation) {
    Plugin installed = plugin(changes.install(source, operation));
    events.installed(installed, operation);
    return installed;
  }

  @Override
  public PluginRemoval remove(String name, Operation operation) {
    Bundle bundle = bundles.find(name);
    if (bundles.isOwn(bundle)) {
      throw new BangerException(
          ErrorCode.IN_USE, bundle.getSymbolicName() + " is a part of banger and stays");
    }
    Plugin removed = plugin(bundle);
    changes.remove(bundle, operation);
    events.removed(removed, operation);
    return new PluginRemoval(removed.name(), removed.version(), owing(removed));
  }

  /** The machines that still have a capability which only the removed plugin could clean up. */
  private List<String> owing(Plugin removed) {
    VmService present = vms;
    if (present == null) {
      return List.of();
    }
    Set<String> capabilities = Contributions.capabilities(removed.provides());
    return present.list().stream()
        .filter(vm -> vm.capabilities().stream().anyMatch(capabilities::contains))
        .map(Vm::name)
        .toList();
  }

  @Override
  public PluginUpdate update(String name, PluginSource source, Operation operation) {
    PluginUpdate begun = changes.beginUpdate(bundles.find(name), source, operation);
    if (CARRIERS.contains(begun.name())) {
      return begun;
    }
    PluginUpdate ended = updates.await(begun.name(), operation);
    if (ended.state() != State.DONE) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, UpdateWords.failure(ended));
    }
    if (ended.reason() != null) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, UpdateWords.remainder(ended));
    }
    return ended;
  }

  @Override
  public PluginUpdate await(String name, Operation operation) {
    return updates.await(bundles.find(name).getSymbolicName(), operation);
  }

  private BangerDirectories present() {
    BangerDirectories present = directories;
    if (present == null) {
      throw new BangerException(
          ErrorCode.UNAVAILABLE, "banger's directories are not there yet; try again");
    }
    return present;
  }

  private Fetching fetching() {
    BangerDirectories present = present();
    PluginConfiguration now = configuration;
    Path local =
        now.localMavenRepository().isEmpty()
            ? Path.of(System.getProperty("user.home"), ".m2", "repository")
            : Path.of(now.localMavenRepository());
    String base = now.mavenRepository();
    return new Fetching(
        new Staging(present.cache()),
        local,
        Web.address(base.endsWith("/") ? base : base + "/"),
        web);
  }
}
