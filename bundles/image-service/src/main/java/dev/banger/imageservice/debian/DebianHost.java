// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.HostCommands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What Debian's tools need of this host. */
final class DebianHost {
  private static final String DOCTOR = "; \"banger doctor --fix\" installs what is missing";

  private final HostCommands commands;
  private final Path keyring;
  private final Path subordinateIds;
  private final String user;

  DebianHost(HostCommands commands) {
    this(
        commands,
        Path.of(DebianSources.KEYRING),
        Path.of("/etc/subuid"),
        System.getProperty("user.name"));
  }

  DebianHost(HostCommands commands, Path keyring, Path subordinateIds, String user) {
    this.commands = commands;
    this.keyring = keyring;
    this.subordinateIds = subordinateIds;
    this.user = user;
  }

  HostCommands commands() {
    return commands;
  }

  String user() {
    return user;
  }

  boolean isRoot() {
    return user.equals("root");
  }

  boolean has(String program) {
    return commands.find(program).isPresent();
  }

  boolean hasKeyring() {
    return Files.isReadable(keyring);
  }

  /** Whether the user may use a range of ids in a user namespace; root needs none. */
  boolean hasSubordinateIds() {
    if (isRoot()) {
      return true;
    }
    try {
      List<String> lines = Files.readAllLines(subordinateIds);
      return lines.stream().anyMatch(line -> line.startsWith(user + ":"));
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Returns when packages can be downloaded.
   *
   * @throws BangerException HOST_UNFIT
   */
  void requireApt() {
    require("apt-get", "apt-get");
    require("apt-cache", "apt-cache");
    if (!hasKeyring()) {
      throw unfit("Debian's archive keys (package debian-archive-keyring) are not installed");
    }
  }

  /**
   * Returns when images can be made of packages.
   *
   * @throws BangerException HOST_UNFIT
   */
  void requireMmdebstrap() {
    requireApt();
    require("mmdebstrap", "mmdebstrap");
    if (!isRoot()) {
      require("newuidmap", "newuidmap (package uidmap)");
      if (!hasSubordinateIds()) {
        throw new BangerException(ErrorCode.HOST_UNFIT, subordinateIdsMissing());
      }
    }
  }

  /** What is said when the user has no range of ids, with what to do. */
  String subordinateIdsMissing() {
    return "user "
        + user
        + " has no subordinate ids in /etc/subuid and /etc/subgid, which making an image without"
        + " root needs; as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "
        + user;
  }

  private void require(String program, String called) {
    if (!has(program)) {
      throw unfit(called + " is not installed");
    }
  }

  private static BangerException unfit(String what) {
    return new BangerException(ErrorCode.HOST_UNFIT, what + DOCTOR);
  }
}
