// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds QEMU on the host and asks it for its version, once for each file that it meets. */
final class QemuProgram {
  private static final Pattern VERSION = Pattern.compile("version (\\d{1,4})\\.(\\d+)(\\.\\d+)*");
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

  private final HostCommands commands;
  private final String program;
  private volatile Answer lastAnswer;

  QemuProgram(HostCommands commands, String program) {
    this.commands = commands;
    this.program = program;
  }

  /** QEMU as it stands on this host, whatever its version; empty when it is not there. */
  Optional<Installation> find(Operation operation) {
    return path().map(path -> new Installation(path, version(path, operation)));
  }

  /**
   * QEMU, fit to run machines.
   *
   * @throws BangerException HOST_UNFIT
   */
  Installation require(Operation operation) {
    Installation installation =
        find(operation).orElseThrow(() -> new BangerException(ErrorCode.HOST_UNFIT, missing()));
    if (!installation.supported()) {
      throw new BangerException(ErrorCode.HOST_UNFIT, installation.tooOld());
    }
    return installation;
  }

  /** That QEMU is not there, and what to do. */
  String missing() {
    return "QEMU is not installed (no '%s'): run 'banger doctor --fix', or install qemu-system-x86"
        .formatted(program);
  }

  private Optional<Path> path() {
    if (program.startsWith("/")) {
      return Optional.of(Path.of(program)).filter(Files::isExecutable).filter(Files::isRegularFile);
    }
    return commands.find(program);
  }

  private String version(Path path, Operation operation) {
    FileTime modified = modified(path);
    Answer known = lastAnswer;
    if (known != null && known.path.equals(path) && known.modified.equals(modified)) {
      return known.version;
    }
    CommandResult result =
        commands.run(HostCommand.of(path.toString(), "--version"), operation.within(ANSWER_LIMIT));
    Matcher matcher = VERSION.matcher(result.stdout());
    if (!result.succeeded() || !matcher.find()) {
      throw new BangerException(
          ErrorCode.HOST_UNFIT,
          "%s does not say which version of QEMU it is: %s"
              .formatted(path, (result.stdout() + result.stderr()).strip()));
    }
    String version = matcher.group().substring("version ".length());
    lastAnswer = new Answer(path, modified, version);
    return version;
  }

  private static FileTime modified(Path path) {
    try {
      return Files.getLastModifiedTime(path);
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.HOST_UNFIT, "%s cannot be read: %s".formatted(path, e.getMessage()), e);
    }
  }

  private record Answer(Path path, FileTime modified, String version) {}

  /** QEMU on this host. */
  record Installation(Path path, String version) {
    /** The oldest version that has what the command line asks for; Debian 12 has 7.2. */
    private static final int OLDEST_MAJOR = 7;

    boolean supported() {
      return Integer.parseInt(version.substring(0, version.indexOf('.'))) >= OLDEST_MAJOR;
    }

    String tooOld() {
      return "QEMU %s (%s) is too old: install %d.0 or newer"
          .formatted(version, path, OLDEST_MAJOR);
    }
  }
}
