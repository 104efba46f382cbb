// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.capability;

import java.util.List;

/**
 * A capability that is there.
 *
 * @param name its name
 * @param bundle the symbolic name of the bundle that it comes from
 * @param version the bundle's version
 * @param hooks the simple names of the hooks that it implements
 */
public record InstalledCapability(String name, String bundle, String version, List<String> hooks) {
  public InstalledCapability {
    hooks = List.copyOf(hooks);
  }
}
