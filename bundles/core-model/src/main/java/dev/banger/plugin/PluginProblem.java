// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugin;

/**
 * Why a bundle, or a part of it, does not work.
 *
 * @param kind what sort of problem it is
 * @param subject what lacks something: a component's name, the symbolic name of the bundle, or the
 *     name of a file that is none
 * @param message what it lacks and who would provide it, for a person
 */
public record PluginProblem(Kind kind, String subject, String message) {
  /** Sorts of problems. */
  public enum Kind {
    /** A package, bundle or capability that it requires is not there. */
    REQUIREMENT,
    /** It was built for another version of banger's API. */
    INCOMPATIBLE,
    /** It does not run. */
    NOT_STARTED,
    /** A component waits for a service. */
    REFERENCE,
    /** A component waits for its configuration. */
    CONFIGURATION,
    /** A component threw an exception when it was activated. */
    ACTIVATION,
    /** A service that it published before is gone. */
    SERVICE,
    /** Its own check says that it does not work. */
    SELF_CHECK,
    /** A file among the plugins is no bundle: it is damaged, say. */
    FILE
  }
}
