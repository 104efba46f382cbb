// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Path;

/** Where busybox comes from for kernels that bring none. */
public interface BusyboxSource {
  /**
   * Puts {@link KernelSource#BUSYBOX} into a directory.
   *
   * @throws dev.banger.error.BangerException HOST_UNFIT, NO_SPACE, OPERATION_FAILED, CANCELLED
   * @throws IOException when a file cannot be written
   */
  void fetch(Path directory, Operation operation) throws IOException;
}
