// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.util.List;

/**
 * A component of a bundle, as Declarative Services see it.
 *
 * @param name its name
 * @param condition how it is doing
 * @param missing the services that it waits for
 * @param failure the exception of its activation, or null
 */
record ComponentState(
    String name, Condition condition, List<MissingService> missing, String failure) {
  ComponentState {
    missing = List.copyOf(missing);
  }

  enum Condition {
    /** It works, or does as soon as somebody uses it. */
    SATISFIED,
    UNSATISFIED_REFERENCE,
    UNSATISFIED_CONFIGURATION,
    FAILED
  }

  /**
   * A reference for which there is no service.
   *
   * @param service the name of its interface
   * @param target the filter that services must match, or null
   */
  record MissingService(String service, String target) {}

  boolean satisfied() {
    return condition == Condition.SATISFIED;
  }
}
