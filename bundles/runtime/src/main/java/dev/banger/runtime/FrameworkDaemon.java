// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.host.Daemon;
import dev.banger.host.DaemonStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * The daemon as the OSGi framework that it runs in: to stop it is to stop the framework, if that is
 * banger's own.
 */
@Component
public final class FrameworkDaemon implements Daemon {
  private static final Logger LOG = LoggerFactory.getLogger(FrameworkDaemon.class);

  /** How long the answer to the request that asked for the stop may take. */
  private static final Duration ANSWER = Duration.ofSeconds(5);

  private final BundleContext context;
  private final BangerDirectories directories;
  private final Operations operations;

  @Activate
  public FrameworkDaemon(
      BundleContext context,
      @Reference BangerDirectories directories,
      @Reference Operations operations) {
    this.context = context;
    this.directories = directories;
    this.operations = operations;
  }

  /** The version of this bundle as Maven writes it. */
  static String version(BundleContext context) {
    Version version = context.getBundle().getVersion();
    String numbers = version.getMajor() + "." + version.getMinor() + "." + version.getMicro();
    return version.getQualifier().isEmpty() ? numbers : numbers + "-" + version.getQualifier();
  }

  /** Where the socket is. */
  static Path socket(BangerDirectories directories) {
    return directories.run().resolve("bangerd.sock");
  }

  @Override
  public DaemonStatus status() {
    ProcessHandle self = ProcessHandle.current();
    return new DaemonStatus(
        self.pid(),
        version(context),
        self.info().startInstant().orElse(Instant.EPOCH),
        socket(directories),
        directories.configuration(),
        directories.state(),
        directories.cache(),
        directories.run(),
        log());
  }

  private Path log() {
    Path log = directories.state().resolve("log/bangerd.log");
    return Files.exists(log) ? log : null;
  }

  @Override
  public void stop() {
    // Tells where the launcher of banger lies; other OSGi hosts do not.
    if (context.getProperty("banger.distribution") == null) {
      throw new BangerException(
          ErrorCode.IN_USE,
          "banger is one part of process "
              + ProcessHandle.current().pid()
              + " and does not stop the rest: stop the bundle dev.banger.host-service there");
    }
    String asking = MDC.get("op_id");
    Thread thread = new Thread(() -> stopAfter(asking), "stop");
    thread.setDaemon(false);
    thread.start();
  }

  private void stopAfter(String operationId) {
    try {
      if (operationId != null) {
        operations.awaitEnd(operationId, ANSWER);
      }
      LOG.info("Stopping, as asked");
      context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).stop();
    } catch (BundleException e) {
      LOG.error("The framework cannot be stopped", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
