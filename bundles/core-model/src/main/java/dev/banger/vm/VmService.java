// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The life of machines. A machine is named by a <em>reference</em>: its id, its exact name or an
 * unambiguous prefix of either (exact matches win). Every method may be called by many threads;
 * lifecycle operations on one machine wait for each other, cancellably. All throw {@link
 * BangerException}: NOT_FOUND for an unknown reference, BAD_REQUEST for an ambiguous or malformed
 * one.
 */
@ProviderType
public interface VmService {
  /** All machines, oldest first. Waits for no operation on any of them. */
  List<Vm> list();

  /** The machine of a reference. */
  Vm find(String reference);

  /**
   * The size that a request would get, and why.
   *
   * @throws BangerException BAD_REQUEST for impossible sizes
   */
  SizedSpec size(CreateVm request);

  /**
   * Creates a machine without starting it: validates, makes sure that image and kernel are there
   * (pulling them when they are in a catalog), reserves name and addresses, writes the row. Nothing
   * is left when it fails.
   *
   * @throws BangerException BAD_REQUEST, ALREADY_EXISTS (the name, or a port that another machine
   *     publishes), NOT_FOUND (image), HOST_UNFIT, NO_SPACE, CANCELLED, UNAVAILABLE when ports are
   *     to be published and the capability for that is not there …
   */
  Vm create(CreateVm request, Operation operation);

  /**
   * Starts a machine and returns when its agent answers. Already running: returned as it is. A
   * failed start is undone and leaves the state ERROR; so does one that the daemon did not survive.
   * Refused with nothing changed: IN_USE when the machine is half deleted, CORRUPT when its
   * directory, or the disk of one that has run, has vanished, BAD_REQUEST when its hypervisor now
   * uses another disk format, UNAVAILABLE when it publishes ports and the capability for that is
   * not there.
   */
  Vm start(String reference, Operation operation);

  /**
   * Stops a machine without loss of data: the guest syncs and powers off within the grace, else it
   * is ended by force after a sync. Not running: returned as it is. A caller who leaves calls it
   * back only until the guest was asked; from there on it goes on to its end, unless the service
   * leaves.
   *
   * @param grace how long the guest may take; zero or more
   */
  Vm stop(String reference, Duration grace, Operation operation);

  /** Stops and starts a machine. */
  Vm restart(String reference, Duration grace, Operation operation);

  /**
   * Sends a signal to a machine's VMM; with KILL or TERM the machine ends as {@code STOPPED}, and a
   * stop or a start under way waits for its guest no longer.
   *
   * @param signal a name without SIG: TERM, KILL, INT, HUP, QUIT, USR1, USR2, ABRT, STOP or CONT
   * @throws BangerException NOT_RUNNING, or BAD_REQUEST for another signal
   */
  Vm kill(String reference, String signal, Operation operation);

  /**
   * Removes a machine and every trace of it: process, files, keys, row. Runs to its end whatever
   * fails on the way, and reports all that failed; what the daemon did not survive is finished by
   * the next one. Waits for no guest: a stop or a start under way is cut short. A running machine
   * is ended without a shutdown of its guest.
   *
   * @throws BangerException UNAVAILABLE when only what a capability made on the host is left of it
   *     and the capability is not there: the record stays, and the deletion is finished when the
   *     capability returns, or after {@link #abandon}
   */
  void delete(String reference, Operation operation);

  /**
   * Gives up the clean-ups that capabilities owe to a machine that does not run and that are not
   * there. What they made on the host may stay.
   *
   * @throws BangerException IN_USE when it runs
   */
  Vm abandon(String reference, Operation operation);

  /**
   * Changes a machine. All is checked before anything is changed; what takes effect at the next
   * start only (CPUs, memory) is refused while the machine runs. Disks grow and ports are published
   * and withdrawn at once, of a running guest too.
   *
   * @throws BangerException BAD_REQUEST for impossible values and for a disk that would shrink,
   *     IN_USE when the machine runs and must not; ALREADY_EXISTS when a port is taken on the host;
   *     UNAVAILABLE when the capability that publishes ports is not there; OPERATION_FAILED when it
   *     was changed and a capability could not follow
   */
  Vm set(String reference, ChangeVm change, Operation operation);

  /**
   * Gives a machine another name. A running guest is called by it from its next start on.
   *
   * @throws BangerException BAD_REQUEST for an impossible name, ALREADY_EXISTS
   */
  Vm rename(String reference, String name, Operation operation);

  /** Takes a machine as used just now, as if somebody worked in it. */
  Vm touch(String reference, Operation operation);

  /**
   * Returns the root disk of a machine to its image; its work disk stays.
   *
   * @throws BangerException IN_USE when it runs; the old disk is left as it was when this fails
   */
  Vm reset(String reference, Operation operation);

  /**
   * Removes machines that do not run. Each is looked at again before it is removed; one that cannot
   * be removed does not keep the others.
   *
   * @return those removed, or those that would be, oldest first
   * @throws BangerException OPERATION_FAILED when some could not be removed; the others are
   */
  List<Vm> prune(PruneVms selection, Operation operation);

  /**
   * What a machine uses now. Waits for no operation on it, and for its guest a few seconds at most.
   */
  VmStatistics statistics(String reference, Operation operation);
}
