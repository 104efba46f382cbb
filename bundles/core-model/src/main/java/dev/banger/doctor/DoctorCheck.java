// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.doctor;

import dev.banger.operation.Operation;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A check of the host or of banger's own state. Registered as a service by whoever knows what it
 * needs.
 */
@ConsumerType
public interface DoctorCheck {
  /** Looks, changes nothing, and says what it found. Must end within a few seconds. */
  List<Finding> examine(Operation operation);
}
