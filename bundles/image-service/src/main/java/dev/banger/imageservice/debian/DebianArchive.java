// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Debian's packages, fetched through an apt of our own for each suite; one fetch a suite at a time.
 */
final class DebianArchive {
  private static final Pattern DEPENDENCY = Pattern.compile("[a-z0-9][a-z0-9.+-]*");

  private final DebianHost host;
  // Read at each fetch, whose error then says what is wrong with the configuration.
  private final Supplier<DebianSources> sources;
  private final Path cache;
  private final KeyedLocks suites = new KeyedLocks();

  DebianArchive(DebianHost host, Supplier<DebianSources> sources, Path cache) {
    this.host = host;
    this.sources = sources;
    this.cache = cache;
  }

  /** Fetches packages while nobody else uses the suite's apt. */
  @FunctionalInterface
  interface Fetch<T> {
    T from(Suite suite) throws IOException;
  }

  /**
   * Fetches the lists of a suite, then packages of it.
   *
   * @param downloads where they are put; made when it is not there
   */
  <T> T fetch(
      String suite, String architecture, Path downloads, Fetch<T> wanted, Operation operation)
      throws IOException {
    DebianSources archive = sources.get();
    host.requireApt();
    PrivateFiles.createDirectories(downloads);
    try (KeyedLocks.Held held = suites.acquire(suite, operation)) {
      AptRoot apt =
          new AptRoot(cache.resolve("apt").resolve(suite), suite, archive, host.commands());
      operation
          .progress()
          .stage("kernel_packages", "fetching the package lists of Debian " + suite);
      apt.update(architecture, operation);
      return wanted.from(new Suite(suite, apt, downloads, operation));
    }
  }

  /** The packages of a suite. */
  static final class Suite {
    private final String name;
    private final AptRoot apt;
    private final Path downloads;
    private final Operation operation;

    private Suite(String name, AptRoot apt, Path downloads, Operation operation) {
      this.name = name;
      this.apt = apt;
      this.downloads = downloads;
      this.operation = operation;
    }

    /**
     * The newest version of the package that a package without content stands for.
     *
     * @param names what that package is called
     * @param what it is, for messages
     */
    AptRoot.Candidate behind(String metaPackage, Pattern names, String what) {
      List<AptRoot.Candidate> found = dependencies(apt.candidate(metaPackage, operation), names, 1);
      if (found.isEmpty()) {
        throw new BangerException(
            ErrorCode.OPERATION_FAILED,
            metaPackage + " of Debian " + name + " depends on no " + what);
      }
      return found.get(0);
    }

    /**
     * The newest versions of packages that one depends on.
     *
     * @param names what they are called
     * @param limit how many are wanted at most
     */
    List<AptRoot.Candidate> dependencies(AptRoot.Candidate of, Pattern names, int limit) {
      return Arrays.stream(of.depends().split("[,|]"))
          .map(alternative -> DEPENDENCY.matcher(alternative.strip()))
          .filter(Matcher::lookingAt)
          .map(Matcher::group)
          .filter(dependency -> names.matcher(dependency).matches())
          .limit(limit)
          .map(dependency -> apt.candidate(dependency, operation))
          .toList();
    }

    /** The newest version of a package. */
    AptRoot.Candidate newest(String packageName) {
      return apt.candidate(packageName, operation);
    }

    /** Downloads a package, and returns its file. */
    Path download(AptRoot.Candidate wanted) throws IOException {
      Path into = PrivateFiles.createDirectory(downloads.resolve(wanted.name()));
      String message = "downloading " + wanted.name();
      operation.progress().bytes("kernel_download", message, 0, wanted.size());
      Path file;
      try (DownloadWatch watch =
          new DownloadWatch(
              operation.progress(),
              "kernel_download",
              message,
              () -> DownloadWatch.bytesIn(into, "*"),
              wanted.size())) {
        file = apt.download(wanted, into, operation);
      }
      operation.progress().bytes("kernel_download", message, Files.size(file), wanted.size());
      return file;
    }
  }
}
