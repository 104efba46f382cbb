// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.configuration;

import java.nio.file.Path;
import java.util.List;

/**
 * A key as it stands now.
 *
 * @param name how it is named in commands: the PID without {@code dev.banger.}, a dot, the key
 * @param pid the PID of the configuration that it belongs to
 * @param key the key within it
 * @param type what its values are: {@code string}, {@code integer}, {@code long}, {@code boolean}
 *     and so on
 * @param value the value that its component gets; asterisks for a password
 * @param inForce what is really used: the value, unless that leaves the choice to the host; null
 *     when the host chooses at the time of use
 * @param source where the value comes from
 * @param file the file that it stands in, or null
 * @param defaultValue what is used when nobody says anything
 * @param options the only values that there are; empty when they are not counted
 * @param description what the key is for
 * @param problem why what somebody wrote is not in force, or null
 */
public record Setting(
    String name,
    String pid,
    String key,
    String type,
    String value,
    String inForce,
    Source source,
    Path file,
    String defaultValue,
    List<String> options,
    String description,
    String problem) {
  public Setting {
    options = List.copyOf(options);
  }

  /** Where a value comes from; the earlier goes before the later. */
  public enum Source {
    /** A system property of the daemon's process. */
    COMMAND_LINE,
    /** A file in the user's configuration directory. */
    USER_FILE,
    /** The ConfigurationAdmin of the OSGi host, from wherever that has it. */
    CONFIGURATION_ADMIN,
    /** A file in {@code conf/} of the installation. */
    INSTALLATION_FILE,
    /** Nobody says anything, and banger decides by what the host is. */
    HOST,
    /** Nobody says anything. */
    BUILT_IN
  }
}
