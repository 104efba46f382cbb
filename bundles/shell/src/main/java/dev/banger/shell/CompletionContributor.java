// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.shell.output.Output;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Contributes {@code completion}. */
final class CompletionContributor implements CommandContributor {
  @Override
  public String name() {
    return "completion";
  }

  @Override
  public Object command(Console console) {
    return new CompletionCommand(new Output(console, null));
  }

  @Command(
      name = "completion",
      description = {
        "Print the script that completes banger's command lines, live names included.",
        "The script asks the daemon at each key press; without a daemon it proposes nothing."
      },
      footerHeading = "%nExamples:%n",
      footer = {
        "  source <(banger completion bash)                                   # this shell",
        "  banger completion bash > ~/.local/share/bash-completion/completions/banger",
        "  banger completion zsh > ~/.zfunc/_banger      # a directory of $fpath"
      })
  static final class CompletionCommand implements Callable<Integer> {
    /** Shells for which there is a script. */
    enum Shell {
      bash,
      zsh
    }

    private final Output output;

    @Parameters(paramLabel = "<shell>", description = "One of ${COMPLETION-CANDIDATES}.")
    private Shell shell;

    CompletionCommand(Output output) {
      this.output = output;
    }

    @Override
    public Integer call() {
      try (InputStream script = getClass().getResourceAsStream("completion." + shell)) {
        output.print(new String(script.readAllBytes(), StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return 0;
    }
  }
}
