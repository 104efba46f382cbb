// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.startlevel.FrameworkStartLevel;

/**
 * Starts an OSGi framework with the bundles of {@code system/}: the name of a bundle's folder there
 * is its start level, and they are installed when it is reached, so that the socket answers before
 * the jars of the services are opened. Knows no framework by name: the one on the class path is
 * used.
 */
public final class Launcher {
  /** As of sysexits(3), EX_TEMPFAIL: the client waits for the other one. */
  private static final int ANOTHER_RUNS = 75;

  private static final Duration LOCK_PATIENCE = Duration.ofSeconds(5);

  /**
   * What the framework may take from the beginning of its stop to its end: less than the 40 s that
   * the client waits for.
   */
  private static final Duration FAREWELL = Duration.ofSeconds(25);

  private static final Duration LOCK_PAUSE = Duration.ofMillis(20);

  private final Path distribution;
  private final Map<String, String> properties;

  private Launcher(Path distribution, Map<String, String> properties) {
    this.distribution = distribution;
    this.properties = properties;
  }

  /**
   * Runs the daemon until its framework stops.
   *
   * @param arguments the distribution's directory
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 1) {
      System.err.println("usage: java -jar banger-launcher.jar DISTRIBUTION");
      System.exit(2);
    }
    Path distribution = Path.of(arguments[0]).toRealPath();
    Map<String, String> properties = frameworkProperties(distribution);
    int status;
    try (FileChannel storageLock = openLock(properties)) {
      if (!acquire(storageLock)) {
        System.err.println("bangerd: another bangerd of this home is running already");
        status = ANOTHER_RUNS;
      } else {
        status = new Launcher(distribution, properties).run();
      }
    }
    System.exit(status);
  }

  /** Waits a moment: the process that holds the lock may be on its way out. */
  private static boolean acquire(FileChannel storageLock) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + LOCK_PATIENCE.toNanos();
    while (storageLock.tryLock() == null) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      Thread.sleep(LOCK_PAUSE.toMillis());
    }
    return true;
  }

  /** The framework's storage is emptied at the start, so it must belong to one process only. */
  private static FileChannel openLock(Map<String, String> properties) throws IOException {
    Path storage = Path.of(properties.get(Constants.FRAMEWORK_STORAGE));
    Files.createDirectories(storage.getParent());
    Path lock = storage.resolveSibling(storage.getFileName() + ".lock");
    return FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private int run() throws BundleException, IOException, InterruptedException {
    Framework framework =
        ServiceLoader.load(FrameworkFactory.class)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no OSGi framework on the class path"))
            .newFramework(properties);
    SpaceReserve reserve =
        new SpaceReserve(
            Path.of(properties.get(Constants.FRAMEWORK_STORAGE)).resolveSibling("reserve"));
    reserve.releaseIfScarce();
    try {
      framework.init();
    } catch (BundleException e) {
      System.err.println("bangerd: cannot start: " + told(e));
      return 1;
    }
    stopWithTheProcess(framework);
    Map<Integer, List<Path>> levels = bundlesByStartLevel();
    framework.start();
    CountDownLatch stopping = stopOf(framework);
    try {
      for (Map.Entry<Integer, List<Path>> level : levels.entrySet()) {
        install(framework, level.getValue(), level.getKey());
        raiseStartLevel(framework, level.getKey());
      }
    } catch (BundleException | IllegalStateException e) {
      // One that is told to stop in the middle of its start stops; one that lacks a part does not
      // go on.
      if (framework.getState() == Bundle.ACTIVE) {
        System.err.println("bangerd: cannot start: " + told(e));
        System.setProperty("banger.start.failure", told(e));
        framework.stop();
        awaitEnd(framework, stopping);
        return 1;
      }
    }
    reserve.keepIfPlenty();
    if (Boolean.getBoolean("banger.stopWhenStarted")) {
      framework.stop();
    }
    awaitEnd(framework, stopping);
    return 0;
  }

  /** Opens when a framework that runs begins to stop. */
  private static CountDownLatch stopOf(Framework framework) {
    CountDownLatch stopping = new CountDownLatch(1);
    SynchronousBundleListener listener =
        event -> {
          if (event.getBundle() == framework && event.getType() == BundleEvent.STOPPING) {
            stopping.countDown();
          }
        };
    framework.getBundleContext().addBundleListener(listener);
    return stopping;
  }

  /** Waits until the framework has stopped; a bundle that hangs meanwhile is left behind. */
  private static void awaitEnd(Framework framework, CountDownLatch stopping)
      throws InterruptedException {
    stopping.await();
    if (framework.waitForStop(FAREWELL.toMillis()).getType() == FrameworkEvent.WAIT_TIMEDOUT) {
      for (Bundle each : framework.getBundleContext().getBundles()) {
        if (each != framework && each.getState() == Bundle.STOPPING) {
          System.err.println("bangerd: " + each + " hangs while it is stopped and is left behind");
        }
      }
      // Not exit: that would wait for the same bundle.
      Runtime.getRuntime().halt(1);
    }
  }

  /** The message with that of its cause, which is the one that helps: a full disk, for instance. */
  private static String told(Exception e) {
    return e.getCause() == null
        ? e.getMessage()
        : e.getMessage() + ": " + e.getCause().getMessage();
  }

  private static void install(Framework framework, List<Path> jars, int level)
      throws BundleException {
    List<Bundle> installed = new ArrayList<>();
    for (Path jar : jars) {
      // "reference:" keeps the framework from copying the jar into its cache.
      Bundle bundle = framework.getBundleContext().installBundle("reference:" + jar.toUri());
      bundle.adapt(BundleStartLevel.class).setStartLevel(level);
      installed.add(bundle);
    }
    for (Bundle bundle : installed) {
      if (bundle.getHeaders("").get(Constants.FRAGMENT_HOST) == null) {
        bundle.start(Bundle.START_ACTIVATION_POLICY);
      }
    }
  }

  private TreeMap<Integer, List<Path>> bundlesByStartLevel() throws IOException {
    TreeMap<Integer, List<Path>> levels = new TreeMap<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(distribution.resolve("system"))) {
      for (Path folder : folders) {
        List<Path> jars = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
          files.forEach(jars::add);
        }
        jars.sort(null);
        levels.put(Integer.valueOf(folder.getFileName().toString()), jars);
      }
    }
    return levels;
  }

  /**
   * Returns when the level is reached, or when a bundle has stopped the framework on the way there.
   */
  private static void raiseStartLevel(Framework framework, int level) throws InterruptedException {
    CountDownLatch reached = new CountDownLatch(1);
    // Synchronous: a framework that stops may no longer deliver events of the other kind.
    SynchronousBundleListener stopping =
        event -> {
          if (event.getBundle() == framework && event.getType() == BundleEvent.STOPPING) {
            reached.countDown();
          }
        };
    framework.getBundleContext().addBundleListener(stopping);
    if (framework.getState() != Bundle.ACTIVE) {
      return;
    }
    framework
        .adapt(FrameworkStartLevel.class)
        .setStartLevel(
            level,
            event -> {
              if (event.getType() == FrameworkEvent.STARTLEVEL_CHANGED) {
                reached.countDown();
              }
            });
    reached.await();
  }

  private static void stopWithTheProcess(Framework framework) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    framework.stop();
                    framework.waitForStop(15_000);
                  } catch (BundleException e) {
                    System.err.println("bangerd: " + e.getMessage());
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                },
                "stop"));
  }

  private static Map<String, String> frameworkProperties(Path distribution) throws IOException {
    Properties file = new Properties();
    try (InputStream in = Files.newInputStream(distribution.resolve("conf/framework.properties"))) {
      file.load(in);
    }
    Map<String, String> properties = new HashMap<>();
    System.getProperties()
        .forEach(
            (name, value) -> {
              if (name.toString().startsWith("banger.")) {
                properties.put(name.toString(), value.toString());
              }
            });
    properties.put("banger.distribution", distribution.toString());
    file.forEach(
        (name, value) -> properties.put(name.toString(), expand(value.toString(), properties)));
    return properties;
  }

  private static String expand(String value, Map<String, String> properties) {
    String expanded = value;
    for (Map.Entry<String, String> property : properties.entrySet()) {
      expanded = expanded.replace("${" + property.getKey() + "}", property.getValue());
    }
    return expanded;
  }
}
