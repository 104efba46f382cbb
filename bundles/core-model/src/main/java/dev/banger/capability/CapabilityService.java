// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.capability;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The capabilities that are there, which come and go while machines run. Safe for many threads. */
@ProviderType
public interface CapabilityService {
  /** Those that are there now, in the order in which their hooks are called. */
  List<InstalledCapability> list();
}
