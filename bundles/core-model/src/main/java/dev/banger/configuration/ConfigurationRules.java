// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.configuration;

import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What a bundle knows of its configuration beyond what the metatype can say. Registered as a
 * service by the bundle that has the configuration. Called by any thread, and possibly before the
 * configured component exists; must neither block nor depend on the configuration itself.
 */
@ConsumerType
public interface ConfigurationRules {
  /** The PID whose configuration these rules are about. */
  String pid();

  /**
   * What is wrong with values that are each of the right type, within their bounds and among their
   * options. None of the keys that an objection names is put in force.
   *
   * @param values every key with its value, defaults included
   */
  default List<Objection> check(Map<String, String> values) {
    return List.of();
  }

  /**
   * What is really used for keys whose value leaves the choice to the host. A key that is not there
   * is used as it stands.
   *
   * @param values every key with its value, defaults included
   */
  default Map<String, Choice> choices(Map<String, String> values) {
    return Map.of();
  }

  /**
   * Values that cannot be.
   *
   * @param keys the keys whose values they are, at least one
   * @param message why, in a person's words
   */
  record Objection(List<String> keys, String message) {
    public Objection {
      keys = List.copyOf(keys);
    }
  }

  /**
   * What is used where the value does not say.
   *
   * @param value what is used, or null when that is decided at the time of use
   * @param byHost whether it depends on the host
   */
  record Choice(String value, boolean byHost) {}
}
