// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.capability;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * What every hook has. A capability is a service registered under the hooks that it implements: one
 * service under all of them, since hooks of one name in several services come and go by themselves.
 *
 * <p><strong>Order:</strong> hooks are called one after another in the order of their {@code
 * service.ranking}, highest first; clean-ups in the reverse order of application.
 *
 * <p><strong>Threads:</strong> each call has a thread of its own, whose context class loader is
 * that of the service; calls for one machine never overlap, calls for different machines do. The
 * lock of the machine is held meanwhile: a hook MUST NOT call lifecycle operations of {@link
 * dev.banger.vm.VmService} for its machine.
 *
 * <p><strong>Deadlines:</strong> the operation that a hook gets ends when its time is up (the key
 * {@code capabilityTimeoutSeconds}); a hook that does not return soon after that is interrupted and
 * left alone, and counts as failed.
 *
 * <p><strong>Failures:</strong> a hook that throws fails the step that it belongs to; what was done
 * before is undone in reverse. A {@link dev.banger.error.BangerException} keeps its code.
 */
@ConsumerType
public interface Capability {
  /**
   * The capability's name, the same in all its hooks: 1 to 32 of a-z 0-9 and '-'. It is written
   * into the record of every machine it was applied to.
   */
  String capability();
}
