// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.EventStream;
import dev.banger.vm.VmService;

/** Machines that may be gone and of which events still tell. */
final class PastVms {
  private PastVms() {}

  /**
   * The id of the machine of a reference, or of the last one that bore the name.
   *
   * @throws BangerException NOT_FOUND when neither is known
   */
  static String id(String reference, VmService vms, EventStream events) {
    try {
      return vms.find(reference).id();
    } catch (BangerException e) {
      if (e.code() != ErrorCode.NOT_FOUND) {
        throw e;
      }
      if (!events.latest(reference, 1).isEmpty()) {
        return reference;
      }
      String past = events.lastNamed(reference);
      if (past == null) {
        throw e;
      }
      return past;
    }
  }
}
