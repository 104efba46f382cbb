// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.framework.BundleContext;

/**
 * Starts and stops the daemon of a release that is not in its place yet, in a home of its own: so
 * the framework itself says whether all bundles can be wired and started together.
 */
final class ReleaseRehearsal {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int WORDS = 600;
  private static final String PROPERTY = "banger.rehearsal";

  /** Where the store looks at the database that the release will have to use. */
  private static final String STATE = "banger.rehearsal.state";

  private ReleaseRehearsal() {}

  /**
   * Returns when it has started and stopped.
   *
   * @param release the directory of the release
   * @param home a directory that is emptied first; short, for it will have a socket
   * @param state that of this daemon, which is only looked at
   * @throws BangerException OPERATION_FAILED when it does not start or is not whole; CANCELLED
   */
  static void run(Path release, Path home, Path state, HostCommands host, Operation operation) {
    operation.progress().stage("rehearse", "starting the new release in a home of its own");
    try {
      ReleaseStage.delete(home);
      Files.createDirectories(release.resolve("bundles"));
      Files.createDirectory(home);
      Path verdict = home.resolve("verdict");
      CommandResult result =
          host.run(command(release, home, state, verdict), operation.within(LIMIT));
      if (!Files.exists(verdict)) {
        throw unfit("does not start", result.stderr().strip());
      }
      String problems = Files.readString(verdict).strip();
      if (!problems.isEmpty()) {
        throw unfit("is not whole", problems);
      }
    } catch (IOException e) {
      throw unfit("cannot be tried", e.getMessage());
    } finally {
      delete(home);
    }
  }

  private static HostCommand command(Path release, Path home, Path state, Path verdict) {
    return new HostCommand(
        List.of(
            release.resolve("bin/bangerd").toString(),
            "-D" + PROPERTY + "=" + verdict,
            "-D" + STATE + "=" + state),
        Map.of(
            "BANGER_HOME",
            home.toString(),
            "BANGER_JAVA",
            Path.of(System.getProperty("java.home"), "bin/java").toString()),
        null);
  }

  private static BangerException unfit(String what, String why) {
    String end = why.length() > WORDS ? "…" + why.substring(why.length() - WORDS) : why;
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "the daemon of the new release " + what + ", and nothing was changed: " + end);
  }

  /** In the daemon that is tried: where it is to tell whether it is whole, before it stops. */
  static Optional<Path> verdict(BundleContext context) {
    return Optional.ofNullable(context.getProperty(PROPERTY)).map(Path::of);
  }

  private static void delete(Path home) {
    try {
      ReleaseStage.delete(home);
    } catch (IOException e) {
      // A home that nobody uses; the next rehearsal removes it.
    }
  }
}
