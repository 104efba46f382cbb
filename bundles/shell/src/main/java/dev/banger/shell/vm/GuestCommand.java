// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.command.Console;
import dev.banger.error.BangerException;
import dev.banger.guest.ExecRequest;
import dev.banger.guest.GuestService;
import dev.banger.guest.TerminalSize;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A command for a guest, and how it is to run on a person's console. */
final class GuestCommand {
  private static final Logger LOG = LoggerFactory.getLogger(GuestCommand.class);
  private static final TerminalSize WITHOUT_TERMINAL = new TerminalSize(24, 80);

  // The user's own shell, else the first that the image has.
  private static final List<String> LOGIN_SHELL =
      List.of(
          "/bin/sh",
          "-c",
          "for shell in \"$SHELL\" /bin/bash /bin/ash /bin/sh; do"
              + " [ -x \"$shell\" ] && exec \"$shell\" -l; done; exec sh");

  private final List<String> argv;
  private final ExecOptions options;
  private final boolean terminal;

  private GuestCommand(List<String> argv, ExecOptions options, boolean terminal) {
    this.argv = argv;
    this.options = options;
    this.terminal = terminal;
  }

  /** The words of a command, run as they are. */
  static GuestCommand of(List<String> argv, ExecOptions options) {
    return new GuestCommand(argv, options, options.terminal);
  }

  /** A login shell: on a terminal for a person, else one that reads its commands. */
  static GuestCommand loginShell(ExecOptions options, Console console) {
    boolean person = console.stdinIsTerminal() && console.stdoutIsTerminal();
    return new GuestCommand(LOGIN_SHELL, options, person || options.terminal);
  }

  /** Runs it and gives its exit status. */
  int run(String vm, GuestService guests, Console console) {
    ExecRequest request =
        new ExecRequest(
            argv, environment(console), options.directory, options.user, terminal(console));
    boolean raw = terminal && console.stdinIsTerminal();
    if (raw) {
      console.rawMode(true);
    }
    try {
      ConsoleStreams streams = new ConsoleStreams(console, !options.withoutInput);
      return guests.exec(vm, request, streams, console.operation());
    } finally {
      if (raw) {
        restore(console);
      }
    }
  }

  private static void restore(Console console) {
    try {
      console.rawMode(false);
    } catch (BangerException e) {
      // The person is gone, terminal and all; what ended the command is told instead.
      LOG.debug("the terminal was not restored", e);
    }
  }

  private TerminalSize terminal(Console console) {
    return terminal ? console.terminalSize().orElse(WITHOUT_TERMINAL) : null;
  }

  private Map<String, String> environment(Console console) {
    Map<String, String> environment = new LinkedHashMap<>();
    String term = console.environment().get("TERM");
    if (terminal && term != null && !term.isEmpty()) {
      environment.put("TERM", term);
    }
    options.variables.forEach(each -> environment.put(each.getKey(), each.getValue()));
    return environment;
  }
}
