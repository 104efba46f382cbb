// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Where kernels come from. */
public interface KernelSource {
  /** The ELF kernel. */
  String VMLINUX = "vmlinux";

  /** A static busybox. */
  String BUSYBOX = "busybox";

  /**
   * An archive of an ssh server with its loader and libraries, for guests without one (tar, gzip).
   * A source may leave it out.
   */
  String SSH_SERVER = "ssh-server.tar.gz";

  /** The directory of the modules. */
  String MODULES = "modules";

  /**
   * Puts {@link #VMLINUX}, {@link #BUSYBOX}, {@link #MODULES} and, if there is one, {@link
   * #SSH_SERVER} into a directory.
   *
   * @param modules the names of the modules that an initramfs loads
   * @throws dev.banger.error.BangerException HOST_UNFIT, NO_SPACE, OPERATION_FAILED, CANCELLED
   * @throws IOException when a file cannot be written
   */
  Contents make(
      KernelCatalog.Entry entry, List<String> modules, Path directory, Operation operation)
      throws IOException;

  /**
   * What was put there.
   *
   * @param version the kernel's own
   * @param source where it came from
   * @param modules the names of the modules' files, in the order in which they are loaded
   * @param acpi whether the kernel finds a machine's devices through ACPI tables
   */
  record Contents(String version, String source, List<String> modules, boolean acpi) {
    public Contents {
      modules = List.copyOf(modules);
    }
  }
}
