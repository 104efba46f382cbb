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
   * @throws BangerException BAD_REQUEST, ALREADY_EXISTS, NOT_FOUND (image), HOST_UNFIT, NO_SPACE,
   *     CANCELLED …
   */
  Vm create(CreateVm request, Operation operation);

  /**
   * Starts a machine and returns when its agent answers. Already running: returned as it is. A
   * failed start is undone and leaves the state ERROR; so does one that the daemon did not survive.
   * Refused with nothing changed: IN_USE when the machine is half deleted, CORRUPT when its
   * directory, or the disk of one that has run, has vanished, BAD_REQUEST when its hypervisor now
   * uses another disk format.
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
   * stop under way waits for its guest no longer.
   *
   * @param signal a name without SIG: TERM, KILL, INT, HUP, QUIT, USR1, USR2, ABRT, STOP or CONT
   * @throws BangerException NOT_RUNNING, or BAD_REQUEST for another signal
   */
  Vm kill(String reference, String signal, Operation operation);

  /**
   * Removes a machine and every trace of it: process, files, keys, row. Runs to its end whatever
   * fails on the way, and reports all that failed; what the daemon did not survive is finished by
   * the next one. Waits for no guest: a stop under way is cut short. A running machine is ended
   * without a shutdown of its guest.
   */
  void delete(String reference, Operation operation);
}
