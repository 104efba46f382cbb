// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.eventlistener;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.Event;
import dev.banger.event.EventListener;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/** Runs a command for each event, one after another; there is none until it is configured. */
@Component(
    configurationPid = CommandListener.PID,
    configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = CommandConfiguration.class)
public final class CommandListener implements EventListener {
  static final String PID = "org.example.eventlistener";

  private final List<String> command;
  private final Set<String> kinds;
  private final Duration limit;
  private final HostCommands host;

  @Activate
  public CommandListener(CommandConfiguration configuration, @Reference HostCommands host) {
    this(
        List.of(configuration.command()),
        Set.of(configuration.kinds()),
        Duration.ofSeconds(configuration.timeoutSeconds()),
        host);
  }

  CommandListener(List<String> command, Set<String> kinds, Duration limit, HostCommands host) {
    if (command.isEmpty() || limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException(
          PID + ".cfg needs a command, and a timeoutSeconds of 1 or more");
    }
    this.command = command;
    this.kinds = kinds;
    this.limit = limit;
    this.host = host;
  }

  @Override
  public void heard(Event event) {
    if (!kinds.isEmpty() && !kinds.contains(event.kind())) {
      return;
    }
    List<String> argv = new ArrayList<>(command);
    argv.addAll(List.of(event.kind(), event.vmName(), event.vmId()));
    CommandResult result =
        host.run(new HostCommand(argv, Map.of(), null), Operation.background().within(limit));
    if (!result.succeeded()) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "%s ended with status %d: %s"
              .formatted(command.get(0), result.status(), result.stderr().strip()));
    }
  }
}
