// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/**
 * Where the four directories of an installation lie, by the first of these that says so: the
 * framework properties {@code banger.configuration}, {@code banger.state}, {@code banger.cache} and
 * {@code banger.run}; the variable BANGER_HOME; the XDG variables and their defaults.
 */
record DirectoryLayout(Path configuration, Path state, Path cache, Path run) {
  /** The kernel's limit for the name of a Unix socket, less the byte that ends it. */
  private static final int SOCKET_NAME_BYTES = 107;

  /**
   * The longest name below the run directory: a socket of a machine, whose id has 12 characters.
   */
  private static final int LONGEST_SOCKET = "/vm/0123456789ab/control.sock".length();

  /**
   * @param properties the framework's properties; null where there is none
   * @param environment the daemon's environment; null where there is none
   * @param uid the daemon's user
   * @throws BangerException BAD_REQUEST when a path is relative, or too long for the sockets
   */
  static DirectoryLayout of(
      UnaryOperator<String> properties, UnaryOperator<String> environment, int uid) {
    DirectoryLayout layout = standard(environment, uid);
    return new DirectoryLayout(
            chosen(properties, "banger.configuration", layout.configuration),
            chosen(properties, "banger.state", layout.state),
            chosen(properties, "banger.cache", layout.cache),
            chosen(properties, "banger.run", layout.run))
        .checked();
  }

  private static DirectoryLayout standard(UnaryOperator<String> environment, int uid) {
    String chosenHome = value(environment, "BANGER_HOME");
    if (chosenHome != null) {
      Path home = absolute("BANGER_HOME", chosenHome);
      return new DirectoryLayout(
          home.resolve("config"),
          home.resolve("state"),
          home.resolve("cache"),
          home.resolve("run"));
    }
    String userHome = value(environment, "HOME");
    Path home = Path.of(userHome == null ? System.getProperty("user.home") : userHome);
    Path state = xdg(environment, "XDG_STATE_HOME", home.resolve(".local/state"));
    return new DirectoryLayout(
        xdg(environment, "XDG_CONFIG_HOME", home.resolve(".config")),
        state,
        xdg(environment, "XDG_CACHE_HOME", home.resolve(".cache")),
        run(state.resolve("run"), uid));
  }

  /**
   * Not in XDG_RUNTIME_DIR, which goes with its user's last session: machines run on, and could not
   * be reached any more.
   */
  private static Path run(Path wanted, int uid) {
    return bytes(wanted) + LONGEST_SOCKET > SOCKET_NAME_BYTES
        ? Path.of("/tmp/banger-" + uid)
        : wanted;
  }

  private static int bytes(Path path) {
    return path.toString().getBytes(StandardCharsets.UTF_8).length;
  }

  private static Path xdg(UnaryOperator<String> environment, String name, Path otherwise) {
    String value = value(environment, name);
    return (value == null ? otherwise : absolute(name, value)).resolve("banger");
  }

  private static Path chosen(UnaryOperator<String> properties, String name, Path otherwise) {
    String value = value(properties, name);
    return value == null ? otherwise : absolute(name, value);
  }

  private static String value(UnaryOperator<String> values, String name) {
    String value = values.apply(name);
    return value == null || value.isEmpty() ? null : value;
  }

  private static Path absolute(String name, String value) {
    Path path = Path.of(value);
    if (!path.isAbsolute()) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, name + " must be an absolute path, not '" + value + "'");
    }
    return path.normalize();
  }

  private DirectoryLayout checked() {
    int bytes = bytes(run);
    if (bytes + LONGEST_SOCKET > SOCKET_NAME_BYTES) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "the run directory "
              + run
              + " is "
              + bytes
              + " bytes long, and at most "
              + (SOCKET_NAME_BYTES - LONGEST_SOCKET)
              + " leave room for the names of sockets: set BANGER_HOME to a shorter path");
    }
    return this;
  }
}
