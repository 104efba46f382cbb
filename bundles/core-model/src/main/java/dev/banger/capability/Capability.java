// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.capability;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * What every hook has. Hooks are called one after another in the order of their {@code
 * service.ranking} (highest first), by one thread a machine and by many threads for different
 * machines. A hook that throws a {@link dev.banger.error.BangerException} fails the step it belongs
 * to; what was done before is undone in reverse.
 */
@ConsumerType
public interface Capability {
  /**
   * The capability's name, the same in all its hooks: 1 to 32 of a-z 0-9 and '-'. It is written
   * into the record of every machine it was applied to.
   */
  String capability();
}
