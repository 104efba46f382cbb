// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.shell.output.Output;

/** What a person looks at for as long as they like: Ctrl-C is its usual end, and no failure. */
final class Following {
  /** 128 + SIGINT, as shells have it. */
  private static final int INTERRUPTED = 130;

  private Following() {}

  /** Runs it to its end, or to Ctrl-C, and gives the exit status. */
  static int run(Output output, Runnable follow) {
    try {
      follow.run();
      return 0;
    } catch (BangerException e) {
      if (e.code() == ErrorCode.CANCELLED && output.console().isInterrupted()) {
        return INTERRUPTED;
      }
      throw e;
    }
  }
}
