// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.operation;

import dev.banger.error.BangerException;
import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The daemon's operations: those that nobody waits for, which are kept for a while when they have
 * ended, and all others as long as they run. Safe for use by many threads.
 */
@ProviderType
public interface OperationService {
  /**
   * Begins a method of the daemon's protocol under the id of the operation that asks for it. It
   * goes on when that one has ended.
   *
   * @param method its name, such as {@code vm.create}
   * @param parameters as the protocol wants them; empty when it takes none
   * @throws BangerException UNKNOWN_METHOD; BAD_REQUEST for a method that needs its caller and for
   *     wrong parameters; ALREADY_EXISTS when that id was begun already; UNAVAILABLE when too many
   *     run or the daemon leaves
   */
  void begin(String method, Map<String, ?> parameters, Operation operation);

  /** What has ended lately, then what runs; both oldest first. */
  List<OperationSummary> list();

  /**
   * What is known of one; of several under one id, of the one that nobody waits for.
   *
   * @throws BangerException NOT_FOUND
   */
  OperationStatus status(String id);

  /**
   * Tells all that runs under an id to stop, and does not wait for its end.
   *
   * @param operation the one that asks; its id is told as the reason
   * @throws BangerException NOT_FOUND when nothing runs under it
   */
  void cancel(String id, Operation operation);

  /**
   * Waits until an operation has ended. What it reports goes to the progress of the one that waits:
   * first the stages that it has entered so far, then each further one; byte counts may be left
   * out. When the waiting is cancelled the other operation goes on.
   *
   * @param operation the one that waits
   * @return how it ended, and never that it runs
   * @throws BangerException NOT_FOUND, also when it was one whose caller waits for it, and that has
   *     ended; CANCELLED or DEADLINE_EXCEEDED of the one that waits
   */
  OperationStatus await(String id, Operation operation);
}
