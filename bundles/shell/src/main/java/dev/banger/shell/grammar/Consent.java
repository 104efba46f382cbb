// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Question;
import picocli.CommandLine.Option;

/** That a person really wants what cannot be undone. */
public final class Consent {
  @Option(names = "--yes", description = "Do not ask; needed where there is no terminal.")
  private boolean given;

  /**
   * Refuses to go on where the question could not be put to anybody.
   *
   * @param command how it is called, for the message
   */
  public void refuseUnlessPossible(String command, Output output) {
    if (!given && !new Question(output).canBeAsked()) {
      throw new UsageException(
          "without a terminal nobody can be asked; '" + command + " --yes' goes on unasked");
    }
  }

  /**
   * Returns when the person agrees, or has agreed beforehand.
   *
   * @throws BangerException CANCELLED when the answer is no
   */
  public void obtain(String question, Output output) {
    if (!given && !new Question(output).saidYes(question, false)) {
      throw new BangerException(ErrorCode.CANCELLED, "nothing was changed");
    }
  }
}
