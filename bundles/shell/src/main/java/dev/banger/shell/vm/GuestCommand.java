// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.command.Console;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecRequest;
import dev.banger.guest.GuestService;
import dev.banger.guest.TerminalSize;
import dev.banger.image.ImageConfig;
import dev.banger.shell.output.Output;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A command for a guest, and how it is to run on a person's console. */
final class GuestCommand {
  private static final Logger LOG = LoggerFactory.getLogger(GuestCommand.class);
  // As shells say it.
  private static final int PROGRAM_NOT_EXECUTABLE = 126;
  private static final int PROGRAM_NOT_FOUND = 127;
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
  private final ImageConfig image;
  private final boolean asImage;

  private GuestCommand(
      List<String> argv,
      ExecOptions options,
      boolean terminal,
      ImageConfig image,
      boolean asImage) {
    this.argv = argv;
    this.options = options;
    this.terminal = terminal;
    this.image = image;
    this.asImage = asImage;
  }

  /**
   * A command: the words of a person as they are, or behind the image's entry point when the person
   * asks for that.
   */
  static GuestCommand of(List<String> words, ExecOptions options, ImageConfig image) {
    List<String> argv = new ArrayList<>(options.asImage ? image.entrypoint() : List.of());
    argv.addAll(words);
    return new GuestCommand(argv, options, options.terminal, image, options.asImage);
  }

  /**
   * What runs when a person gives no command: what the image runs by default, else a login shell.
   * On a terminal for a person.
   */
  static GuestCommand ofImage(ExecOptions options, ImageConfig image, Console console) {
    boolean person = console.stdinIsTerminal() && console.stdoutIsTerminal();
    List<String> argv = image.defaultArguments();
    return new GuestCommand(
        argv.isEmpty() ? LOGIN_SHELL : argv, options, person || options.terminal, image, true);
  }

  /**
   * Runs it and gives its exit status; as a shell does it, that of a program which cannot be
   * executed, too, with the reason on standard error.
   */
  int run(String vm, GuestService guests, Output output) {
    try {
      return run(vm, guests, output.console());
    } catch (BangerException e) {
      int status = statusOf(e.code());
      if (status == 0) {
        throw e;
      }
      output.error(e.getMessage());
      return status;
    }
  }

  private static int statusOf(ErrorCode refusal) {
    return switch (refusal) {
      case PROGRAM_NOT_FOUND -> PROGRAM_NOT_FOUND;
      case PROGRAM_NOT_EXECUTABLE -> PROGRAM_NOT_EXECUTABLE;
      default -> 0;
    };
  }

  private int run(String vm, GuestService guests, Console console) {
    ExecRequest request =
        new ExecRequest(argv, environment(console), directory(), user(), terminal(console));
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

  private String directory() {
    return options.directory == null && asImage
        ? emptyToNull(image.workingDirectory())
        : options.directory;
  }

  private String user() {
    return options.user == null && asImage ? emptyToNull(image.user()) : options.user;
  }

  private static String emptyToNull(String text) {
    return text.isEmpty() ? null : text;
  }

  private Map<String, String> environment(Console console) {
    // Always the image's: what it brings is found through its PATH.
    Map<String, String> environment = new LinkedHashMap<>(image.environment());
    String term = console.environment().get("TERM");
    if (terminal && term != null && !term.isEmpty()) {
      environment.put("TERM", term);
    }
    options.variables.forEach(each -> environment.put(each.getKey(), each.getValue()));
    return environment;
  }
}
