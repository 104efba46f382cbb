// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.shell.grammar.VariableOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** How a command runs in a guest. */
final class ExecOptions {
  @Option(
      names = {"-t", "--tty"},
      description = "Run the command on a pseudo-terminal.")
  boolean terminal;

  @Option(
      names = {"-i", "--interactive"},
      description = "Connect standard input to the command (the default).")
  boolean interactive;

  @Option(
      names = {"-n", "--no-stdin"},
      description = "Do not read standard input; for use in loops that read.")
  boolean withoutInput;

  @Option(
      names = {"-e", "--env"},
      paramLabel = "<name=value>",
      converter = VariableOption.class,
      description = "Set a variable of the command's environment; may be repeated.")
  List<Map.Entry<String, String>> variables = new ArrayList<>();

  @Option(
      names = {"-w", "--workdir"},
      paramLabel = "<directory>",
      description = "Run in this directory of the guest; the user's home without it.")
  String directory;

  @Option(
      names = {"-u", "--user"},
      paramLabel = "<user>",
      description = "Run as this user of the guest, by name or uid[:gid]; root without it.")
  String user;

  @Option(
      names = "--as-image",
      description =
          "Run the command as the image's maker wants: behind its entry point, as its user, in its"
              + " working directory. Without a command that is always so.")
  boolean asImage;

  /** Whether any option was given that only a command makes use of. */
  boolean given() {
    return terminal
        || interactive
        || withoutInput
        || !variables.isEmpty()
        || directory != null
        || user != null
        || asImage;
  }
}
