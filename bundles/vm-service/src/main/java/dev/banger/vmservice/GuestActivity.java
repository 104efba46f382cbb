// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Activity as the host sees it: commands that the agent runs for somebody, connections to the
 * machine's ports, and a VMM that computes more than an idle guest does.
 */
@Component(service = Activity.class)
public final class GuestActivity implements Activity {
  /** An idle Linux guest needs one or two in a hundred, an emulated one up to five. */
  private static final double BUSY_CPUS = 0.1;

  /** Nobody asks for a machine that is gone. */
  private static final Duration FORGOTTEN = Duration.ofMinutes(10);

  private static final List<Path> CONNECTIONS =
      List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));
  private static final String ESTABLISHED = "01";

  private final Hypervisors hypervisors;
  private final AgentConnections agents;
  private final Map<String, Sample> samples = new ConcurrentHashMap<>();

  @Activate
  public GuestActivity(@Reference Hypervisors hypervisors, @Reference AgentConnections agents) {
    this.hypervisors = hypervisors;
    this.agents = agents;
  }

  private record Sample(long pid, long at, Duration cpuTime) {}

  @Override
  public boolean isActive(Vm vm) {
    // All are asked: the CPU time counts from the last time on.
    boolean computes = computes(vm);
    return computes || agents.serves(vm.id()) || isConnected(vm.network().sshPort());
  }

  private boolean computes(Vm vm) {
    try {
      Duration cpuTime =
          hypervisors
              .require(vm.machine().hypervisor())
              .statistics(vm.machine(), Operation.background())
              .processorTime();
      Sample now = new Sample(vm.machine().pid(), System.nanoTime(), cpuTime);
      samples.values().removeIf(sample -> now.at - sample.at > FORGOTTEN.toNanos());
      Sample before = samples.put(vm.id(), now);
      return before == null
          || before.pid != now.pid
          || now.cpuTime.minus(before.cpuTime).toNanos() > BUSY_CPUS * (now.at - before.at);
    } catch (BangerException e) {
      return false; // it has ended, or its driver is being updated
    }
  }

  /** Whether anybody is connected to a loopback port; proc_pid_net(5). */
  static boolean isConnected(int port) {
    String local = ":%04X".formatted(port);
    return CONNECTIONS.stream()
        .flatMap(file -> lines(file).stream())
        .map(line -> line.trim().split(" +"))
        .anyMatch(
            fields ->
                fields.length > 3 && fields[1].endsWith(local) && fields[3].equals(ESTABLISHED));
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of(); // a kernel without IPv6
    }
  }
}
