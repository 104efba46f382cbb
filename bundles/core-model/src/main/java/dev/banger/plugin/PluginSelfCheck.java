// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugin;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Says whether a bundle works, beyond that its components are active. A bundle may register any
 * number as services; they are asked after it was installed or updated, and a refusal brings its
 * previous version back.
 */
@ConsumerType
public interface PluginSelfCheck {
  /**
   * Returns when the bundle works. Is called in a thread of its own and must end before the
   * operation's deadline, which is some seconds away; it must not change anything.
   *
   * @throws BangerException when it does not; its message is what the person is told. Any other
   *     exception counts as well
   */
  void check(Operation operation);
}
