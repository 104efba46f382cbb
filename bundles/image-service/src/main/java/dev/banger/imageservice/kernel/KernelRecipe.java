// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Path;

/** A way to make one kernel. */
@FunctionalInterface
public interface KernelRecipe {
  /**
   * Puts {@link KernelSource#VMLINUX}, {@link KernelSource#BUSYBOX} and {@link
   * KernelSource#MODULES} into a directory, and leaves nothing else there.
   *
   * @throws dev.banger.error.BangerException BAD_REQUEST, HOST_UNFIT, NO_SPACE, OPERATION_FAILED,
   *     CANCELLED
   * @throws IOException when a file cannot be read or written
   */
  KernelSource.Contents make(Path directory, Operation operation) throws IOException;
}
