// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.store;

import dev.banger.error.BangerException;
import dev.banger.vm.Vm;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Durable records of machines. Every method is one short transaction, and may be called by many
 * threads.
 */
@ProviderType
public interface VmStore {
  /** All machines, oldest first. */
  List<Vm> list();

  /** The machine of an exact id. */
  Optional<Vm> findById(String id);

  /** The machine of an exact name. */
  Optional<Vm> findByName(String name);

  /**
   * Chooses and inserts a machine. Nobody has to wait while it is chosen; that its name and ports
   * are nobody else's is seen to in the transaction that inserts it.
   *
   * @param choose gets all machines that exist and returns the one to insert; called again, with
   *     those that exist then, when another was given meanwhile what it chose
   * @throws BangerException ALREADY_EXISTS when the id, the name or a port is taken by a machine
   *     that {@code choose} was shown, NOT_FOUND when the image is gone; what {@code choose} throws
   *     passes through, and nothing is inserted
   */
  Vm reserve(Function<List<Vm>, Vm> choose);

  /**
   * Replaces the record with the same id.
   *
   * @throws BangerException NOT_FOUND when there is none; ALREADY_EXISTS when the name, or a port
   *     that it did not have, is taken
   */
  void update(Vm vm);

  /** Deletes the record of an id; none there: nothing happens. */
  void delete(String id);
}
