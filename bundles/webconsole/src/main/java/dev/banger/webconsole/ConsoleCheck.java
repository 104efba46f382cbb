// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.webconsole;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.host.BangerDirectories;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.servlet.runtime.HttpServiceRuntime;
import org.osgi.service.servlet.runtime.HttpServiceRuntimeConstants;

/** Where the web console is, for whoever turned it on. */
@Component
public final class ConsoleCheck implements DoctorCheck {
  private static final String CHECK = "web-console";

  /** How long the console may take to listen after it was turned on. */
  private static final Duration OPENING = Duration.ofSeconds(5);

  private static final Duration LOOK = Duration.ofMillis(20);

  private final BangerDirectories directories;
  private final Duration opening;
  private final long began = System.nanoTime();

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile ServiceReference<HttpServiceRuntime> http;

  @Activate
  public ConsoleCheck(@Reference BangerDirectories directories) {
    this(directories, OPENING);
  }

  ConsoleCheck(BangerDirectories directories, Duration opening) {
    this.directories = directories;
    this.opening = opening;
  }

  @Override
  public List<Finding> examine(Operation operation) {
    operation.await(
        () -> endpoint().isPresent() || System.nanoTime() - began >= opening.toNanos(), LOOK);
    return List.of(
        endpoint()
            .map(
                address ->
                    Finding.pass(
                        CHECK,
                        address
                            + "system/console, user "
                            + OwnerAccess.USER
                            + ", password in "
                            + ConsoleFiles.password(directories)))
            .orElseGet(
                () ->
                    Finding.warn(
                        CHECK,
                        "it listens nowhere, perhaps because its port is taken; the daemon's log"
                            + " tells more",
                        "give it another: 'banger config set webconsole.port <port>'")));
  }

  private Optional<String> endpoint() {
    ServiceReference<HttpServiceRuntime> present = http;
    Object endpoints =
        present == null
            ? null
            : present.getProperty(HttpServiceRuntimeConstants.HTTP_SERVICE_ENDPOINT);
    return endpoints instanceof String[] addresses
        ? Arrays.stream(addresses).findFirst()
        : Optional.empty();
  }
}
