// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.imageservice.storage.FileDigest;
import dev.banger.imageservice.storage.FreeSpace;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An apt of our own for one suite: its own lists, sources, trust and cache, so that it works for
 * any user and on any host that has apt, whatever the host itself is made of. Only how the host
 * reaches archives is taken over. To be used by one thread at a time.
 */
final class AptRoot {
  private final Path directory;
  private final String suite;
  private final DebianSources sources;
  private final HostCommands commands;

  AptRoot(Path directory, String suite, DebianSources sources, HostCommands commands) {
    this.directory = directory;
    this.suite = suite;
    this.sources = sources;
    this.commands = commands;
  }

  /** Fetches the suite's lists of packages, whose signatures apt checks. */
  void update(String architecture, Operation operation) throws IOException {
    configure(architecture, HostAptSettings.read(commands, operation));
    CommandResult result =
        run(List.of("apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "update"), operation);
    if (!result.succeeded()) {
      throw failed("fetch the package lists of Debian " + suite, result);
    }
  }

  /** The newest version of a package. */
  Candidate candidate(String name, Operation operation) {
    CommandResult result = run(List.of("apt-cache", "show", "--no-all-versions", name), operation);
    if (!result.succeeded()) {
      throw failed("find the package " + name + " in Debian " + suite, result);
    }
    Candidate candidate = Candidate.parse(result.stdout());
    // Also of a package that merely provides the name, whose own name nobody has looked at.
    if (!candidate.name().equals(name)) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, "Debian " + suite + " has no package " + name);
    }
    return candidate;
  }

  /**
   * Downloads a package. Apt checks it against the signed list.
   *
   * @param into an empty directory
   * @return the package's file
   */
  Path download(Candidate wanted, Path into, Operation operation) throws IOException {
    List<String> argv =
        List.of("apt-get", "-q", "download", wanted.name() + "=" + wanted.version());
    CommandResult result =
        FreeSpace.of(into)
            .during(
                operation, own -> commands.run(new HostCommand(argv, environment(), into), own));
    if (!result.succeeded()) {
      throw failed("download " + wanted.name(), result);
    }
    try (var files = Files.newDirectoryStream(into, wanted.name() + "_*.deb")) {
      for (Path file : files) {
        if (Files.size(file) == wanted.size() && FileDigest.sha256(file).equals(wanted.sha256())) {
          return file;
        }
      }
    }
    throw new BangerException(
        ErrorCode.OPERATION_FAILED,
        "the download of " + wanted.name() + " is damaged; give the command again");
  }

  private CommandResult run(List<String> argv, Operation operation) {
    return FreeSpace.of(directory)
        .during(operation, own -> commands.run(new HostCommand(argv, environment(), null), own));
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("APT_CONFIG", directory.resolve("apt.conf").toString());
    environment.put("LC_ALL", "C");
    return environment;
  }

  private void configure(String architecture, HostAptSettings host) throws IOException {
    for (String name : List.of("state/lists/partial", "cache/archives/partial", "etc/empty")) {
      PrivateFiles.createDirectories(directory.resolve(name));
    }
    replace(directory.resolve("state/status"), "");
    replace(directory.resolve("etc/sources.list"), String.join("\n", sources.lines(suite)) + "\n");
    List<String> lines = new ArrayList<>(host.lines());
    Path empty = directory.resolve("etc/empty");
    set(lines, "Dir::State", directory.resolve("state"));
    set(lines, "Dir::State::status", directory.resolve("state/status"));
    set(lines, "Dir::Cache", directory.resolve("cache"));
    set(lines, "Dir::Etc::sourcelist", directory.resolve("etc/sources.list"));
    set(lines, "Dir::Etc::sourceparts", empty);
    // Read before apt looks for these, so that the host's own never count.
    set(lines, "Dir::Etc::main", "/dev/null");
    set(lines, "Dir::Etc::parts", empty);
    set(lines, "Dir::Etc::preferences", "/dev/null");
    set(lines, "Dir::Etc::preferencesparts", empty);
    set(lines, "Dir::Etc::trusted", "/dev/null");
    set(lines, "Dir::Etc::trustedparts", empty);
    set(lines, "APT::Architecture", architecture);
    set(lines, "APT::Architectures", architecture);
    // The user _apt cannot enter our private directories.
    set(lines, "APT::Sandbox::User", "root");
    set(lines, "APT::Get::AllowUnauthenticated", "false");
    set(lines, "Acquire::AllowInsecureRepositories", "false");
    set(lines, "Acquire::AllowWeakRepositories", "false");
    set(lines, "Acquire::AllowDowngradeToInsecureRepositories", "false");
    set(lines, "Acquire::Languages", "none");
    replace(directory.resolve("apt.conf"), String.join("\n", lines) + "\n");
  }

  private static void set(List<String> lines, String name, Object value) {
    lines.add(name + " \"" + value + "\";");
  }

  private static void replace(Path file, String content) throws IOException {
    Path staged = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(staged);
    PrivateFiles.write(staged, content.getBytes(UTF_8));
    Files.move(staged, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static BangerException failed(String doing, CommandResult result) {
    String said = HostToolErrors.summary(result.stderr());
    ErrorCode code =
        StorageFailure.saysFull(result.stderr()) ? ErrorCode.NO_SPACE : ErrorCode.OPERATION_FAILED;
    return new BangerException(code, "cannot " + doing + ": " + said);
  }

  /**
   * A version of a package that can be downloaded.
   *
   * @param name its name
   * @param version its version
   * @param depends its dependencies, in Debian's words
   * @param size of its file
   * @param sha256 of its file, lower-case hex
   */
  record Candidate(String name, String version, String depends, long size, String sha256) {
    static Candidate parse(String stanza) {
      Map<String, String> fields = new HashMap<>();
      for (String line : stanza.lines().takeWhile(line -> !line.isEmpty()).toList()) {
        int colon = line.indexOf(": ");
        if (colon > 0 && line.charAt(0) != ' ') {
          fields.putIfAbsent(line.substring(0, colon), line.substring(colon + 2).strip());
        }
      }
      try {
        return new Candidate(
            require(fields, "Package"),
            require(fields, "Version"),
            fields.getOrDefault("Depends", ""),
            Long.parseLong(require(fields, "Size")),
            require(fields, "SHA256"));
      } catch (NumberFormatException e) {
        throw new BangerException(
            ErrorCode.OPERATION_FAILED, "the package list gives an impossible size", e);
      }
    }

    private static String require(Map<String, String> fields, String name) {
      String value = fields.get(name);
      if (value == null) {
        throw new BangerException(
            ErrorCode.OPERATION_FAILED, "the package list says no " + name + " of a package");
      }
      return value;
    }
  }
}
