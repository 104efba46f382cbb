// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.event.Event;
import dev.banger.operation.Operation;
import dev.banger.testkit.MemoryEventStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.BooleanSupplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.hooks.bundle.CollisionHook;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

/**
 * A framework of a test's own, with Declarative Services and an empty installation of banger whose
 * {@code bundles/} is watched.
 */
final class FrameworkLab implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(20);

  /** What bundles of tests import, and Declarative Services: of this class path. */
  private static final String PACKAGES =
      "dev.banger.capability;version=0.1,dev.banger.doctor;version=0.1,"
          + "dev.banger.error;version=0.1,dev.banger.operation;version=0.1,"
          + "dev.banger.plugin;version=0.1,org.osgi.service.component;version=1.5.1,"
          + "org.osgi.service.component.runtime;version=1.5,"
          + "org.osgi.service.component.runtime.dto;version=1.5,"
          + "org.osgi.util.promise;version=1.3,org.osgi.util.function;version=1.2";

  private final Path directory;
  private final Framework framework;
  private final MemoryEventStream events = new MemoryEventStream();
  private final Installation installation;
  private final Components components;
  private final Rehearsal rehearsal;
  private final SelfCheck check;
  private final Updates updates;
  private final Fetching fetching;
  private final WatchedDirectory watched;
  private final Changes changes;

  private FrameworkLab(Path directory, Framework framework) throws Exception {
    this.directory = directory;
    this.framework = framework;
    this.installation = new Installation(directory);
    BundleContext context = framework.getBundleContext();
    start("org.apache.felix.scr.impl.Activator");
    start("org.apache.felix.fileinstall.internal.FileInstall");
    this.components =
        new Components(
            context.getService(context.getServiceReference(ServiceComponentRuntime.class)));
    this.rehearsal = new Rehearsal(context);
    context.registerService(CollisionHook.class, rehearsal, null);
    this.check = new SelfCheck(context, components, new Diagnosis(context, components));
    PluginEvents told = new PluginEvents();
    told.to(events);
    this.updates =
        new Updates(check, components, new Drains(context), told, LIMIT, InstantSource.system());
    this.fetching =
        new Fetching(
            new Staging(directory.resolve("cache")),
            directory.resolve("maven"),
            URI.create("http://127.0.0.1:1/"),
            new Web());
    this.watched = new WatchedDirectory(context, installation, WatchedDirectory.Patience.OF_DAEMON);
    this.changes = changes(watched);
  }

  /** Starts one in an empty directory. */
  static FrameworkLab in(Path directory) throws Exception {
    Files.createDirectory(directory.resolve("bundles"));
    Files.createDirectory(directory.resolve("jars"));
    Map<String, String> properties = new HashMap<>();
    properties.put(Constants.FRAMEWORK_STORAGE, directory.resolve("framework").toString());
    properties.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, PACKAGES);
    properties.put("felix.fileinstall.dir", directory.resolve("bundles").toString());
    properties.put("felix.fileinstall.tmpdir", directory.resolve("fileinstall").toString());
    properties.put("felix.fileinstall.poll", "100");
    properties.put("felix.fileinstall.log.level", "0");
    properties.put("felix.fileinstall.filter", ".*\\.jar");
    FrameworkFactory factory = ServiceLoader.load(FrameworkFactory.class).findFirst().orElseThrow();
    Framework framework = factory.newFramework(properties);
    framework.start();
    return new FrameworkLab(directory, framework);
  }

  private void start(String classOfBundle) throws Exception {
    URI jar =
        Class.forName(classOfBundle, false, FrameworkLab.class.getClassLoader())
            .getProtectionDomain()
            .getCodeSource()
            .getLocation()
            .toURI();
    context().installBundle(jar.toString()).start();
  }

  BundleContext context() {
    return framework.getBundleContext();
  }

  Path bundles() {
    return directory.resolve("bundles");
  }

  Installation installation() {
    return installation;
  }

  Components components() {
    return components;
  }

  Rehearsal rehearsal() {
    return rehearsal;
  }

  SelfCheck check() {
    return check;
  }

  Updates updates() {
    return updates;
  }

  Changes changes() {
    return changes;
  }

  WatchedDirectory watched() {
    return watched;
  }

  /** Changes by somebody who waits as long as that directory lets. */
  Changes changes(WatchedDirectory watching) {
    return new Changes(
        context(),
        installation,
        rehearsal,
        check,
        LIMIT,
        updates,
        () -> fetching,
        watching,
        this::notes);
  }

  /** The directory of the notes about updates. */
  Path notes() {
    return directory.resolve("notes");
  }

  /** The directory, for those who do not wait for what goes. */
  WatchedDirectory impatient() {
    Duration moment = Duration.ofMillis(300);
    return new WatchedDirectory(
        context(), installation, new WatchedDirectory.Patience(LIMIT, moment, moment));
  }

  /** The kinds of the events so far. */
  List<String> events() {
    return events.kinds(Event.NO_MACHINE);
  }

  /** A jar that nobody watches. */
  Path jar(TestPlugin plugin) throws IOException {
    return plugin.to(Files.createTempFile(directory.resolve("jars"), "plugin", ".jar"));
  }

  /** A jar that nobody watches, with its facts. */
  StagedJar staged(TestPlugin plugin) throws IOException {
    Path file = jar(plugin);
    return new StagedJar(file, JarFacts.of(file));
  }

  /** Installs a bundle that nobody watches. */
  Bundle install(TestPlugin plugin) throws IOException, BundleException {
    return context().installBundle(jar(plugin).toUri().toString());
  }

  /** Puts a jar into the watched directory and waits until its bundle runs. */
  Bundle drop(TestPlugin plugin, String file) throws IOException {
    Path jar = plugin.to(bundles().resolve(file));
    await(() -> state(jar) == Bundle.ACTIVE);
    return find(jar);
  }

  /** The state of the bundle of a watched jar; 0 when there is none. */
  int state(Path jar) {
    Bundle bundle = find(jar);
    return bundle == null ? 0 : bundle.getState();
  }

  private Bundle find(Path jar) {
    for (Bundle each : context().getBundles()) {
      if (installation.file(each).filter(jar::equals).isPresent()) {
        return each;
      }
    }
    return null;
  }

  /** The versions of a plugin that are installed. */
  List<String> versions(String name) {
    return Arrays.stream(context().getBundles())
        .filter(each -> name.equals(each.getSymbolicName()))
        .map(each -> each.getVersion().toString())
        .sorted()
        .toList();
  }

  static void await(BooleanSupplier condition) {
    Operation.background().within(LIMIT).await(condition, Duration.ofMillis(10));
  }

  @Override
  public void close() throws BundleException, InterruptedException {
    framework.stop();
    framework.waitForStop(LIMIT.toMillis());
  }
}
