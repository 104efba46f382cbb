// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestService;
import dev.banger.host.BangerDirectories;
import dev.banger.host.HostCommands;
import dev.banger.image.ImageService;
import dev.banger.kernel.KernelService;
import dev.banger.operation.Operation;
import dev.banger.vm.VmService;
import dev.banger.wire.Json;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
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
 * The services that commands work with, over their updates: a call waits a moment for one that is
 * away, and what one refuses because it leaves goes to its successor. So a command of several steps
 * does not notice that something was updated between two of them, this bundle included.
 */
@Component(service = SteadyServices.class, immediate = true)
public final class SteadyServices {
  /** Longer than a service is away in an update. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration PAUSE = Duration.ofMillis(5);

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
  volatile BangerDirectories directories;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile HostCommands hostCommands;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile Json json;

  private final Duration patience;
  private final BundleContext framework;
  private volatile boolean left;

  @Activate
  public SteadyServices(BundleContext context) {
    this(PATIENCE, context.getBundle(0).getBundleContext());
  }

  SteadyServices(Duration patience) {
    this(patience, null);
  }

  SteadyServices(Duration patience, BundleContext framework) {
    this.patience = patience;
    this.framework = framework;
  }

  /** From now on only commands that were begun before ask: the framework knows what serves them. */
  @Deactivate
  void leave() {
    left = true;
  }

  /** The life of machines. */
  public VmService vms() {
    return steady(VmService.class, "machines", () -> vms);
  }

  /** What runs in machines. */
  public GuestService guests() {
    return steady(GuestService.class, "guests", () -> guests);
  }

  /** Images. */
  public ImageService images() {
    return steady(ImageService.class, "images", () -> images);
  }

  /** Kernels. */
  public KernelService kernels() {
    return steady(KernelService.class, "kernels", () -> kernels);
  }

  /** Where files are. */
  public BangerDirectories directories() {
    return steady(BangerDirectories.class, "directories", () -> directories);
  }

  /** Programs of the host. */
  public HostCommands hostCommands() {
    return steady(HostCommands.class, "commands of the host", () -> hostCommands);
  }

  /** JSON. */
  public Json json() {
    return steady(Json.class, "JSON", () -> json);
  }

  private <T> T steady(Class<T> type, String name, Supplier<T> service) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                call(name, () -> left ? find(type) : service.get(), method, arguments)));
  }

  private <T> T find(Class<T> type) {
    try {
      ServiceReference<T> reference = framework.getServiceReference(type);
      return reference == null ? null : framework.getService(reference);
    } catch (IllegalStateException e) {
      return null; // the framework has stopped
    }
  }

  private Object call(String name, Supplier<?> service, Method method, Object[] arguments)
      throws Throwable {
    Operation operation = operation(arguments);
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      Object present = service.get();
      BangerException refusal = absent(name);
      if (present != null) {
        try {
          return method.invoke(present, arguments);
        } catch (InvocationTargetException e) {
          refusal = leaving(e.getCause());
        }
      }
      if (System.nanoTime() - deadline >= 0) {
        throw refusal;
      }
      operation.pause(PAUSE);
      operation.check();
    }
  }

  private static Operation operation(Object[] arguments) {
    return Arrays.stream(arguments == null ? new Object[0] : arguments)
        .filter(Operation.class::isInstance)
        .map(Operation.class::cast)
        .findFirst()
        .orElseGet(Operation::background);
  }

  /** Every other failure is the call's own. */
  private static BangerException leaving(Throwable failure) throws Throwable {
    if (failure instanceof BangerException refusal && refusal.code() == ErrorCode.UPDATING) {
      return refusal;
    }
    throw failure;
  }

  private static BangerException absent(String name) {
    return new BangerException(
        ErrorCode.UNAVAILABLE,
        "the service for %s is not there: it is being updated, or could not start; try again, and look into the daemon's log"
            .formatted(name));
  }
}
