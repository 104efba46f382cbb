// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.command.CommandService;
import dev.banger.configuration.ConfigurationService;
import dev.banger.doctor.DoctorCheck;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestService;
import dev.banger.host.Daemon;
import dev.banger.image.ImageService;
import dev.banger.kernel.KernelService;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginService;
import dev.banger.release.ReleaseService;
import dev.banger.vm.VmService;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/**
 * The services behind the socket. They come and go with their bundles: who needs one that is being
 * updated waits for a moment, and gets UNAVAILABLE when it does not return. Requests that were
 * begun before the update of this bundle find them still.
 */
@Component(service = Services.class, immediate = true)
public final class Services {
  /** Longer than a service is away in an update, and than a slow host needs to start them all. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration PAUSE = Duration.ofMillis(5);

  private final long settledBy;
  private final Duration patience;
  private final AtomicInteger waiting = new AtomicInteger();
  private final BundleContext framework;
  private volatile boolean left;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile CommandService commands;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile VmService vms;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile GuestService guests;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile ImageService images;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile KernelService kernels;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile Daemon daemon;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile ConfigurationService configuration;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile PluginService plugins;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile ReleaseService releases;

  @Reference(policyOption = ReferencePolicyOption.GREEDY)
  volatile List<DoctorCheck> checks = List.of();

  @Activate
  public Services(BundleContext context) {
    this(PATIENCE, context.getBundle(0).getBundleContext());
  }

  Services(Duration patience) {
    this(patience, null);
  }

  Services(Duration patience, BundleContext framework) {
    this.framework = framework;
    this.patience = patience;
    this.settledBy = deadline(patience);
  }

  CommandService commands(Operation operation) {
    return need(CommandService.class, "command", () -> commands, operation);
  }

  VmService vms(Operation operation) {
    return need(VmService.class, "VM", () -> vms, operation);
  }

  GuestService guests(Operation operation) {
    return need(GuestService.class, "guest", () -> guests, operation);
  }

  ImageService images(Operation operation) {
    return need(ImageService.class, "image", () -> images, operation);
  }

  KernelService kernels(Operation operation) {
    return need(KernelService.class, "kernel", () -> kernels, operation);
  }

  Daemon daemon(Operation operation) {
    return need(Daemon.class, "daemon", () -> daemon, operation);
  }

  ConfigurationService configuration(Operation operation) {
    return need(ConfigurationService.class, "configuration", () -> configuration, operation);
  }

  PluginService plugins(Operation operation) {
    return need(PluginService.class, "plugin", () -> plugins, operation);
  }

  ReleaseService releases(Operation operation) {
    return need(ReleaseService.class, "release", () -> releases, operation);
  }

  /** From now on only requests that were begun before ask: the framework knows what serves them. */
  @Deactivate
  void leave() {
    left = true;
  }

  <T> T need(Class<T> type, String name, Supplier<T> bound, Operation operation) {
    // One look decides: what has just come may leave again before the next.
    AtomicReference<T> seen = new AtomicReference<>();
    BooleanSupplier present =
        () -> {
          seen.set(left ? find(type) : bound.get());
          return seen.get() != null;
        };
    if (!present.getAsBoolean()) {
      long deadline = deadline(patience);
      try (Waiting ignored = waiting()) {
        operation.await(() -> present.getAsBoolean() || passed(deadline), PAUSE);
      }
    }
    if (seen.get() == null) {
      throw new BangerException(
          ErrorCode.UNAVAILABLE,
          "the "
              + name
              + " service is not there: it is being updated, or could not start; try again, and"
              + " look into the daemon's log");
    }
    return seen.get();
  }

  private <T> T find(Class<T> type) {
    try {
      ServiceReference<T> reference = framework.getServiceReference(type);
      return reference == null ? null : framework.getService(reference);
    } catch (IllegalStateException e) {
      return null; // the framework has stopped
    }
  }

  /** Counts a request that waits for a service until it is closed. */
  Waiting waiting() {
    waiting.incrementAndGet();
    return waiting::decrementAndGet;
  }

  /** A request that waits. */
  interface Waiting extends AutoCloseable {
    @Override
    void close();
  }

  /** Whether a request waits for a service. */
  boolean isWaitedFor() {
    return waiting.get() > 0;
  }

  /** Whether every service is there that commands wait for. */
  boolean complete() {
    return commands != null
        && vms != null
        && guests != null
        && images != null
        && kernels != null
        && daemon != null;
  }

  /** Waits for a daemon that has just been started to have all its services; not for ever. */
  void settle(Operation operation) {
    operation.await(() -> complete() || passed(settledBy), PAUSE);
  }

  private static long deadline(Duration from) {
    return System.nanoTime() + from.toNanos();
  }

  private static boolean passed(long deadline) {
    return System.nanoTime() - deadline >= 0;
  }
}
