// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.kernel;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Makes, keeps and finds kernels, which are named exactly. Every method may be called by many
 * threads: whatever makes, deletes or uses a kernel waits for others of that name, cancellably.
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
   * The kernel of a name that a machine is to boot: also one that was deleted while machines or
   * images name it; pulled first when it is not here but in the catalog. A damaged one is an error,
   * not a reason to pull.
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
   * Brings a kernel bundle here.
   *
   * @return the kernel; one that came from the same bundle and is here is returned as it is
   * @throws BangerException BAD_REQUEST when the request is not sound; ALREADY_EXISTS when another
   *     kernel has the name; CORRUPT when the bundle is not what its digest says or holds what a
   *     bundle must not; HOST_UNFIT, NO_SPACE, OPERATION_FAILED, DEADLINE_EXCEEDED, CANCELLED. In
   *     each case nothing is left
   */
  Kernel pullBundle(PullKernelBundle request, Operation operation);

  /**
   * Takes in a kernel of this host: its image, unpacked to an ELF kernel, and of its modules those
   * that a machine needs.
   *
   * @throws BangerException BAD_REQUEST when the request or the kernel is not sound; ALREADY_EXISTS
   *     when a kernel has the name; HOST_UNFIT, NO_SPACE, OPERATION_FAILED, CANCELLED. In each case
   *     nothing is left
   */
  Kernel importKernel(ImportKernel request, Operation operation);

  /**
   * Compiles a small kernel with everything built in, from Debian's source package.
   *
   * @throws BangerException BAD_REQUEST when the request or its configuration is not sound;
   *     ALREADY_EXISTS when a kernel has the name; HOST_UNFIT when the host lacks tools, which are
   *     named; NO_SPACE, OPERATION_FAILED, CANCELLED. In each case nothing is left
   */
  Kernel build(BuildKernel request, Operation operation);

  /**
   * Writes a kernel as a bundle, named for it, its architecture and its digest.
   *
   * @param directory absolute path of an existing directory
   * @throws BangerException NOT_FOUND, CORRUPT, BAD_REQUEST when the directory is none; NO_SPACE,
   *     OPERATION_FAILED, CANCELLED, after which nothing is left
   */
  KernelBundle makeBundle(String name, Path directory, Operation operation);

  /**
   * Deletes a kernel. Machines that run keep running. When machines or images name it, its files
   * are kept out of sight until none does, so that they still boot.
   *
   * @throws BangerException NOT_FOUND, OPERATION_FAILED, CANCELLED
   */
  void delete(String name, Operation operation);

  /**
   * What a machine boots: the kernel, also a deleted one that is still named, and an initramfs made
   * of its modules and this program's guest runtime (made once, kept in the cache).
   *
   * @throws BangerException NOT_FOUND, CORRUPT, NO_SPACE, CANCELLED
   */
  BootFiles bootFiles(String name, Operation operation);
}
