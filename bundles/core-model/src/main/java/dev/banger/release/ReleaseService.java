// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.release;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Brings the whole installation from one release of banger to another, and back when the new one is
 * no good. Machines run on. Safe for use by many threads; one update is made at a time. Where
 * another program is the host of banger, every method but {@link #latest} is refused with
 * HOST_UNFIT.
 */
@ProviderType
public interface ReleaseService {
  /**
   * Brings a release here, verifies it and says what the update to it would do. Changes nothing.
   *
   * @throws BangerException NOT_FOUND or UNAVAILABLE when it cannot be brought; CORRUPT when it, or
   *     a file of it, is not the one of its digest or is missing; BAD_REQUEST when it is no
   *     release; OPERATION_FAILED when it does not fit, with what it lacks; HOST_UNFIT
   */
  ReleasePlan examine(ReleaseSource source, Operation operation);

  /**
   * Verifies a release as {@link #examine} does and begins the update to it, which goes on by
   * itself whatever happens to the operation. What asks for it may be a part of what is replaced,
   * and the daemon may be started anew: {@link #await} tells how it ended, also in the next daemon.
   *
   * @param sha256 the digest of the {@linkplain ReleasePlan#sha256 plan} that was agreed to; null
   *     for whatever is there
   * @param restart whether to start the daemon anew where that could be done without
   * @return the update, which runs; or is done when nothing had to be changed
   * @throws BangerException as of {@link #examine}; CORRUPT when the release is another one than
   *     that of the digest; IN_USE while another update of the installation goes on
   */
  ReleaseUpdate update(ReleaseSource source, String sha256, boolean restart, Operation operation);

  /** The last update of this installation, which may go on; empty when there was none. */
  Optional<ReleaseUpdate> latest();

  /**
   * Waits for the end of the update that goes on, half a second at most: who waits longer would
   * hold up the update of what it waits through.
   *
   * @return the last update; whoever wants its end asks again while it runs
   * @throws BangerException NOT_FOUND when there was none; CANCELLED
   */
  ReleaseUpdate await(Operation operation);
}
