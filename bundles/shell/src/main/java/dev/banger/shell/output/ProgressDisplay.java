// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.output;

import dev.banger.operation.Progress;

/** Shows progress until it is closed; what comes later is not shown. */
public interface ProgressDisplay extends Progress, AutoCloseable {
  @Override
  void close();
}
