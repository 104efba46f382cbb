// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import java.util.List;
import java.util.Optional;

/** Which configurations there are. */
interface Definitions {
  /** All, by PID. */
  List<Definition> all();

  default Optional<Definition> of(String pid) {
    return all().stream().filter(each -> each.pid().equals(pid)).findFirst();
  }
}
