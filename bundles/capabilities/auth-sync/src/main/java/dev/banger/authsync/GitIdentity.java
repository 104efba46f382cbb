// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.operation.Operation;
import java.time.Duration;

/** Who makes commits. */
record GitIdentity(String name, String email) {
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final int LONGEST = 256;

  /**
   * That of the host's owner.
   *
   * @throws BangerException HOST_UNFIT without git, BAD_REQUEST when git knows none or one that
   *     cannot be written, with what to do about it
   */
  static GitIdentity ofHost(HostCommands host, Operation operation) {
    return new GitIdentity(
        value(host, "user.name", operation), value(host, "user.email", operation));
  }

  private static String value(HostCommands host, String key, Operation operation) {
    // A zero byte ends the value, so that a line feed in it is seen.
    CommandResult result =
        host.run(
            HostCommand.of("git", "config", "--global", "--includes", "--null", "--get", key),
            operation.within(LIMIT));
    String value = result.stdout().replaceFirst("\0\\z", "");
    if (!result.succeeded() || value.isBlank()) {
      throw refused("git on this host has no " + key, key);
    }
    if (value.length() > LONGEST || value.chars().anyMatch(Character::isISOControl)) {
      throw refused(
          "%s of git on this host has control characters or more than %d characters"
              .formatted(key, LONGEST),
          key);
    }
    return value;
  }

  private static BangerException refused(String reason, String key) {
    return new BangerException(
        ErrorCode.BAD_REQUEST,
        "%s; set it with: git config --global %s …, or turn gitIdentity of %s off"
            .formatted(reason, key, AuthSync.PID));
  }

  /** A configuration file of git. */
  String configuration() {
    return "[user]\n\tname = %s\n\temail = %s\n".formatted(quoted(name), quoted(email));
  }

  private static String quoted(String value) {
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  @Override
  public String toString() {
    return "%s <%s>".formatted(name, email);
  }
}
