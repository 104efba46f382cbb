// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.hypervisor;

import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A process that starts a machine, tells its handle and waits to be killed. */
final class MachineStarter implements AutoCloseable {
  /** How many lines the other process tells. */
  private static final int WORDS = 11;

  private final Process process;

  private MachineStarter(Process process) {
    this.process = process;
  }

  /** What the other process told. */
  record Started(
      MachineHandle handle,
      String vmId,
      Path runtimeDirectory,
      Path consoleLog,
      long consoleLimitBytes) {}

  static MachineStarter launch(HypervisorFixture fixture, Path home) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> words =
        List.of(
            java,
            "-cp",
            System.getProperty("java.class.path"),
            MachineStarter.class.getName(),
            fixture.getClass().getName(),
            home.toString());
    return new MachineStarter(
        new ProcessBuilder(words)
            .redirectError(home.resolveSibling(home.getFileName() + ".errors").toFile())
            .start());
  }

  /** Waits until the machine runs. */
  Started started() throws IOException {
    List<String> words = process.inputReader(StandardCharsets.UTF_8).lines().limit(WORDS).toList();
    if (words.size() < WORDS) {
      throw new IOException("the other process started no machine: " + words);
    }
    return new Started(
        new MachineHandle(
            words.get(0),
            Long.parseLong(words.get(1)),
            Long.parseLong(words.get(2)),
            words.get(3),
            words.get(4),
            Path.of(words.get(5)),
            Path.of(words.get(6))),
        words.get(7),
        Path.of(words.get(8)),
        Path.of(words.get(9)),
        Long.parseLong(words.get(10)));
  }

  /** Kills the process and waits for its end. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  /**
   * @param words the class of the fixture, an empty directory
   */
  public static void main(String[] words) throws ReflectiveOperationException, IOException {
    var constructor =
        Class.forName(words[0]).asSubclass(HypervisorFixture.class).getDeclaredConstructor();
    constructor.setAccessible(true);
    HypervisorFixture fixture = constructor.newInstance();
    Path home = Path.of(words[1]);
    Hypervisor hypervisor = fixture.hypervisor(home);
    MachineConfig config = fixture.machine(hypervisor, home);
    MachineHandle handle = hypervisor.start(config, Operation.background());
    byte[] told =
        Stream.of(
                handle.hypervisor(),
                handle.pid(),
                handle.processStart(),
                handle.bootId(),
                handle.accelerator(),
                handle.controlSocket(),
                handle.agentSocket(),
                config.vmId(),
                config.runtimeDirectory(),
                config.consoleLog(),
                config.consoleLimitBytes())
            .map(word -> word + "\n")
            .collect(Collectors.joining())
            .getBytes(StandardCharsets.UTF_8);
    System.out.write(told, 0, told.length);
    System.out.flush();
    waitForEver(System.in);
  }

  private static void waitForEver(InputStream silence) throws IOException {
    while (silence.read() >= 0) {
      // Its end is the end of the process that launched this one.
    }
  }
}
