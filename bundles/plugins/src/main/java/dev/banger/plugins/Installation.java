// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/**
 * Where the jars of banger's own daemon lie: {@code system/} has those that it consists of, {@code
 * bundles/} is watched for those that others add. Another host of the bundles has neither.
 */
final class Installation {
  private static final String PROPERTY = "banger.distribution";
  private static final String REFERENCE = "reference:";

  private final Path root;

  /**
   * @param root the installation's directory, or null where there is none
   */
  Installation(Path root) {
    this.root = root;
  }

  static Installation of(BundleContext context) {
    String root = context.getProperty(PROPERTY);
    return new Installation(root == null ? null : Path.of(root));
  }

  /** Whether the bundles of this framework are installed from directories of banger's own. */
  boolean exists() {
    return root != null;
  }

  /**
   * Returns where bundles can be changed.
   *
   * @throws BangerException HOST_UNFIT elsewhere
   */
  void requireOwnHost() {
    if (root == null) {
      throw new BangerException(
          ErrorCode.HOST_UNFIT,
          "the bundles of this process are installed by the program that it is part of: change them"
              + " with its own commands");
    }
  }

  /** The installation's directory. */
  Path root() {
    requireOwnHost();
    return root;
  }

  /** The directory of the jars that banger consists of. */
  Path system() {
    return root().resolve("system");
  }

  /** The directory that is watched. */
  Path bundles() {
    requireOwnHost();
    return root.resolve("bundles");
  }

  /** The directory of bundles that are there only when the configuration wants them. */
  Path optional(String name) {
    requireOwnHost();
    return root.resolve("optional").resolve(name);
  }

  /** The jar that a bundle is started from, if that is known. */
  Optional<Path> file(Bundle bundle) {
    String location = bundle.getLocation();
    String plain =
        location.startsWith(REFERENCE) ? location.substring(REFERENCE.length()) : location;
    if (!plain.startsWith("file:")) {
      return Optional.empty();
    }
    try {
      return Optional.of(Path.of(URI.create(plain)).normalize());
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // a URL that is no proper URI
    }
  }

  /** Whether somebody put a bundle into {@code bundles/}. */
  boolean isAdded(Bundle bundle) {
    return root != null && file(bundle).map(Path::getParent).filter(bundles()::equals).isPresent();
  }

  /** Whether a bundle is one of {@code system/}. */
  boolean isPart(Bundle bundle) {
    return root != null
        && file(bundle).filter(each -> each.startsWith(root.resolve("system"))).isPresent();
  }

  /**
   * Returns where a file can be replaced.
   *
   * @throws BangerException HOST_UNFIT where this user may not
   */
  static void requireReplaceable(Path file) {
    Path directory = file.getParent();
    if (!Files.isWritable(directory)) {
      throw new BangerException(
          ErrorCode.HOST_UNFIT,
          directory + " cannot be written by this user: whoever owns the installation updates it");
    }
  }
}
