// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.MachineStatistics;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmStatistics;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds out what a machine uses, from its files, its VMM and its guest. */
final class MachineUsage {
  /** A guest that is well answers at once; one that is not must not hold up a table of many. */
  private static final Duration GUEST_LIMIT = Duration.ofSeconds(3);

  private static final Pattern BYTES = Pattern.compile("([0-9]{1,18})\\s");

  private final MachineParts parts;
  private final Hypervisors hypervisors;
  private final HostCommands commands;

  MachineUsage(MachineParts parts, Hypervisors hypervisors, HostCommands commands) {
    this.parts = parts;
    this.commands = commands;
    this.hypervisors = hypervisors;
  }

  /** What a machine uses now; its record is taken as it is. */
  VmStatistics of(Vm vm, Operation operation) {
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    long allocated = allocated(vm, operation);
    Optional<MachineHandle> handle =
        vm.machine() == null
            ? Optional.empty()
            : parts.handles().findAlive(vm, each -> hypervisors.alive(each, operation));
    if (handle.isEmpty()) {
      return new VmStatistics(vm, now, allocated, null, null, null);
    }
    MachineStatistics machine;
    try {
      machine =
          hypervisors
              .require(handle.get().hypervisor(), operation)
              .statistics(handle.get(), operation);
    } catch (BangerException e) {
      operation.check();
      if (hypervisors.alive(handle.get(), operation)) {
        throw e;
      }
      return new VmStatistics(vm, now, allocated, null, null, null); // it has ended meanwhile
    }
    try {
      byte[] answer =
          parts
              .connections()
              .connect(vm, handle.get(), operation.within(GUEST_LIMIT))
              .ask(AgentProtocol.STATISTICS, new byte[0], operation.within(GUEST_LIMIT));
      return new VmStatistics(
          vm, now, allocated, machine, GuestStatisticsReply.parse(answer), null);
    } catch (BangerException e) {
      operation.check();
      return new VmStatistics(vm, now, allocated, machine, null, whySilent(e));
    }
  }

  private static String whySilent(BangerException failure) {
    return failure.code() == ErrorCode.DEADLINE_EXCEEDED
        ? "its agent does not answer within %d s".formatted(GUEST_LIMIT.toSeconds())
        : failure.getMessage();
  }

  /** What the files of a machine take, which Java does not tell of files with holes. */
  private long allocated(Vm vm, Operation operation) {
    CommandResult result =
        commands.run(
            HostCommand.of("du", "-s", "-B1", "--", vm.files().directory().toString()), operation);
    Matcher bytes = BYTES.matcher(result.stdout());
    // Not a success when files vanish meanwhile, and right enough all the same.
    return bytes.lookingAt() ? Long.parseLong(bytes.group(1)) : 0;
  }
}
