// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.kernel;

import dev.banger.kernel.Kernel;
import dev.banger.operation.Operation;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import java.util.function.Function;

/** What the commands that make kernels have in common: the display of progress, and the result. */
final class Kernels {
  private Kernels() {}

  static Kernel make(Function<Operation, Kernel> making, FirstUse firstUse, Output output) {
    try (ProgressDisplay progress = output.progress()) {
      return firstUse.watch(() -> making.apply(output.operation().reportingTo(progress)));
    }
  }

  static void print(Kernel kernel, boolean json, Output output) {
    if (json) {
      output.json(kernel);
    } else {
      output.line(kernel.name());
    }
  }
}
