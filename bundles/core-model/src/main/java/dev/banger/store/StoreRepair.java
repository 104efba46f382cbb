// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.store;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Mends a database that cannot be used. There also when {@link VmStore} and {@link ImageStore}
 * refuse every call. May be called by many threads; one looks or mends at a time, and calls of the
 * stores wait meanwhile.
 */
@ProviderType
public interface StoreRepair {
  /**
   * Looks at the database and at what could be read of it, and changes nothing.
   *
   * @param copy the copy to take instead of the database; null: what can be read of the database
   *     itself, and of the kept copies what it lacks
   * @throws BangerException BAD_REQUEST when {@code copy} is not a readable copy; IN_USE when
   *     another program holds the database; NO_SPACE, OPERATION_FAILED, CANCELLED
   */
  StoreDiagnosis examine(Path copy, Operation operation);

  /**
   * Puts a new database in the place of the damaged one, which is kept beside it. Nothing is
   * changed when it fails or when the daemon dies, except that a repair that was complete is put in
   * place at the next use.
   *
   * @param shown what {@link #examine} found and somebody agreed to
   * @param copy as it was given to {@link #examine}
   * @return where the damaged database is kept; null when there was no file
   * @throws BangerException BAD_REQUEST when there is nothing to repair; CORRUPT when only a copy
   *     or another release could help; IN_USE when it is no longer as it was shown, or is held; and
   *     as {@link #examine} does
   */
  Path repair(StoreDiagnosis shown, Path copy, Operation operation);
}
