// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.kernel;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Makes, keeps and finds kernels, which are named exactly. Every method may be called by many
 * threads: pull, delete and use of one name wait for each other, cancellably.
 */
@ProviderType
public interface KernelService {
  /** All kernels, by name. */
  List<Kernel> list();

  /** What can be pulled by name. */
  List<CatalogKernel> catalog();

  /**
   * The kernel of a name.
   *
   * @throws BangerException NOT_FOUND when there is none, CORRUPT when its files or manifest are
   *     damaged
   */
  Kernel find(String name);

  /**
   * The kernel of a name, pulled first when it is not here but in the catalog. A damaged one is an
   * error, not a reason to pull.
   *
   * @throws BangerException NOT_FOUND, CORRUPT, HOST_UNFIT, NO_SPACE, OPERATION_FAILED, CANCELLED
   */
  Kernel resolve(String name, Operation operation);

  /**
   * Makes the kernel of a catalog name here.
   *
   * @param replace whether a present one is made anew; else it is returned as it is
   * @throws BangerException NOT_FOUND when the catalog has no such name; HOST_UNFIT, NO_SPACE,
   *     OPERATION_FAILED, CANCELLED, after which nothing is left
   */
  Kernel pull(String name, boolean replace, Operation operation);

  /**
   * Deletes a kernel. Machines that run keep running; images that name it pull it again when
   * needed.
   */
  void delete(String name, Operation operation);

  /**
   * What a machine boots: the kernel and an initramfs made of its modules and this program's guest
   * runtime (made once, kept in the cache).
   *
   * @throws BangerException NOT_FOUND, CORRUPT, NO_SPACE, CANCELLED
   */
  BootFiles bootFiles(String name, Operation operation);
}
