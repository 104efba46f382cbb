// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.host;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.host.HostProcess;
import dev.banger.operation.Operation;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Plain;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.stream.Stream;

/** Installs Debian packages: as root from the daemon, else with sudo on the person's terminal. */
final class HostPackages {
  private static final Map<String, String> UNATTENDED =
      Map.of("DEBIAN_FRONTEND", "noninteractive", "LC_ALL", "C.UTF-8");
  private static final List<String> UPDATE = List.of("apt-get", "update");
  private static final List<String> INSTALL =
      List.of(
          "apt-get",
          "install",
          "--yes",
          "--no-install-recommends",
          "-o",
          "DPkg::Lock::Timeout=120");

  private final HostCommands commands;
  private final boolean root;

  HostPackages(HostCommands commands, boolean root) {
    this.commands = commands;
    this.root = root;
  }

  /** Whether the daemon may install without anybody's password. */
  boolean asRoot() {
    return root;
  }

  /**
   * Installs packages; the package lists are fetched first when it does not work without.
   *
   * @throws BangerException OPERATION_FAILED when they cannot be installed
   */
  void install(SortedSet<String> packages, Output output) {
    List<String> install = Stream.concat(INSTALL.stream(), packages.stream()).toList();
    output.note("installing " + String.join(" ", packages));
    if (run(install, output) == 0) {
      return;
    }
    output.note("fetching the lists of packages");
    run(UPDATE, output);
    int status = run(install, output);
    if (status != 0) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "the packages could not be installed (apt-get ended with "
              + status
              + "); try it by hand: sudo apt-get update && sudo apt-get install "
              + String.join(" ", packages));
    }
  }

  private int run(List<String> argv, Output output) {
    return root ? fromDaemon(argv, output) : withSudo(argv, output);
  }

  private static int withSudo(List<String> argv, Output output) {
    List<String> sudo = new ArrayList<>(List.of("sudo"));
    sudo.addAll(argv);
    return output.console().runLocally(sudo, UNATTENDED);
  }

  private int fromDaemon(List<String> argv, Output output) {
    Operation operation = output.operation();
    HostCommand command = new HostCommand(argv, UNATTENDED, null);
    try (HostProcess process =
            commands.start(command, line -> output.note(Plain.oneLine(line)), operation);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(process.stdout(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        output.note(Plain.oneLine(line));
      }
      CommandResult result = process.await(operation);
      return result.status();
    } catch (IOException e) {
      operation.check();
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, "what apt-get says cannot be read: " + e, e);
    }
  }
}
