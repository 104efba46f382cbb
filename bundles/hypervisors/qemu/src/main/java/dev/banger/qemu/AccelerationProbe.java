// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether KVM runs guests here. That /dev/kvm is there proves nothing, so the machine's
 * own kernel is booted under it once; the verdict is kept for this host, this QEMU and this kernel.
 */
final class AccelerationProbe {
  private static final Logger LOG = LoggerFactory.getLogger(AccelerationProbe.class);

  /** A guest under working KVM says its word in well under a second. */
  private static final Duration LIMIT = Duration.ofSeconds(5);

  /** What the guest's init writes to the console (docs/guest-agent.md). */
  private static final String WORD = "banger-probe-ok";

  private final HostCommands commands;
  private final Path cache;
  private final Path device;
  private final KeyedLocks guests = new KeyedLocks();

  AccelerationProbe(HostCommands commands, Path cache, Path device) {
    this.commands = commands;
    this.cache = cache;
    this.device = device;
  }

  /**
   * What was found out.
   *
   * @param accelerator {@code kvm} or {@code tcg}
   * @param reason why, for a person
   */
  record Verdict(String accelerator, String reason) {}

  /**
   * What can be told without running a guest: no device, no permission, or a kept verdict for this
   * host and QEMU; the kernel is left out of account.
   */
  Optional<Verdict> known(QemuProgram.Installation qemu) {
    return deviceVerdict()
        .or(() -> read().filter(kept -> kept.host().equals(host(qemu))).map(Kept::verdict));
  }

  /**
   * The verdict, found out now when it is not known. One guest at a time; whoever waits for another
   * start's may leave.
   */
  Verdict verdict(QemuProgram.Installation qemu, MachineConfig config, Operation operation) {
    Optional<Verdict> withoutGuest = deviceVerdict();
    if (withoutGuest.isPresent()) {
      return withoutGuest.get();
    }
    try (KeyedLocks.Held held = guests.acquire(device.toString(), operation)) {
      return verdictOfGuest(qemu, config, operation);
    }
  }

  private Verdict verdictOfGuest(
      QemuProgram.Installation qemu, MachineConfig config, Operation operation) {
    String host = host(qemu);
    String kernel = identity(config.boot().kernel());
    Optional<Kept> kept = read();
    if (kept.isPresent() && kept.get().host().equals(host) && kept.get().kernel().equals(kernel)) {
      return kept.get().verdict();
    }
    operation.progress().stage("probe_kvm", "trying whether KVM runs guests on this host");
    Verdict verdict = boot(qemu, config, operation);
    LOG.info("KVM probe: {} ({})", verdict.accelerator(), verdict.reason());
    write(new Kept(host, kernel, verdict));
    return verdict;
  }

  private Optional<Verdict> deviceVerdict() {
    if (!Files.exists(device)) {
      return Optional.of(new Verdict("tcg", device + " is not there"));
    }
    if (!Files.isReadable(device) || !Files.isWritable(device)) {
      return Optional.of(new Verdict("tcg", "no permission to use " + device));
    }
    return Optional.empty();
  }

  private Verdict boot(QemuProgram.Installation qemu, MachineConfig config, Operation operation) {
    List<String> words =
        new QemuCommandLine(qemu.path(), "kvm", GuestClock.ofThisHost()).probe(small(config));
    try {
      CommandResult result =
          commands.run(new HostCommand(words, Map.of(), null), operation.within(LIMIT));
      if (result.stdout().contains(WORD)) {
        return new Verdict("kvm", "a guest ran under KVM");
      }
      String said = result.stderr().strip().lines().findFirst().orElse("it ended without a word");
      return new Verdict("tcg", "a guest did not run under KVM: " + said);
    } catch (BangerException e) {
      if (e.code() != ErrorCode.DEADLINE_EXCEEDED || operation.ended()) {
        throw e;
      }
      return new Verdict(
          "tcg", "a guest did not come up under KVM within %d s".formatted(LIMIT.toSeconds()));
    }
  }

  private static MachineConfig small(MachineConfig config) {
    return new MachineConfig(
        config.vmId(),
        config.name(),
        1,
        256,
        config.boot(),
        List.of(),
        List.of(),
        null,
        List.of(),
        config.runtimeDirectory(),
        config.consoleLog(),
        config.consoleLimitBytes());
  }

  private static String host(QemuProgram.Installation qemu) {
    StringBuilder identity = new StringBuilder(System.getProperty("os.version"));
    identity.append('|').append(qemu.version()).append('|').append(identity(qemu.path()));
    try {
      Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("model name") || line.startsWith("microcode"))
          .distinct()
          .forEach(line -> identity.append('|').append(line.replaceAll("\\s+", " ")));
    } catch (IOException e) {
      identity.append("|unknown processor");
    }
    return identity.toString();
  }

  private static String identity(Path file) {
    try {
      return file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.CORRUPT, "%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  private record Kept(String host, String kernel, Verdict verdict) {}

  private Optional<Kept> read() {
    try {
      JsonNode kept = new ObjectMapper().readTree(cache.toFile());
      return Optional.of(
          new Kept(
              kept.path("host").asText(),
              kept.path("kernel").asText(),
              new Verdict(kept.path("accelerator").asText("tcg"), kept.path("reason").asText())));
    } catch (IOException e) {
      return Optional.empty(); // not there or damaged: it is found out again
    }
  }

  private void write(Kept kept) {
    Map<String, String> content =
        Map.of(
            "host", kept.host(),
            "kernel", kept.kernel(),
            "accelerator", kept.verdict().accelerator(),
            "reason", kept.verdict().reason());
    try {
      Files.createDirectories(cache.getParent());
      Path scratch = cache.resolveSibling(cache.getFileName() + ".new");
      Files.writeString(scratch, new ObjectMapper().writeValueAsString(content));
      Files.move(scratch, cache, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.warn("the KVM verdict cannot be kept, so it will be found out again", e);
    }
  }
}
