// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.release.ReleaseChange;
import dev.banger.release.ReleaseChange.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a release changes in an installation, file by file.
 *
 * @param changes the files that change; the list of the release itself is not among them
 * @param unchanged how many do not
 * @param otherSchema the paths of those that change and keep a database of another schema then
 */
record ReleaseComparison(List<ReleaseChange> changes, int unchanged, Set<String> otherSchema) {
  ReleaseComparison {
    changes = List.copyOf(changes);
    otherSchema = Set.copyOf(otherSchema);
  }

  /**
   * Compares.
   *
   * @param installation the directory of what is installed
   * @param installed its list
   * @param release the directory of the release, which was verified
   * @param wanted its list
   */
  static ReleaseComparison of(
      Path installation, ReleaseList installed, Path release, ReleaseList wanted)
      throws IOException {
    List<ReleaseChange> changes = new ArrayList<>();
    int unchanged = 0;
    for (Map.Entry<String, String> each : wanted.files().entrySet()) {
      Path present = installation.resolve(each.getKey());
      Kind kind = kind(present, installed.files().get(each.getKey()), each);
      if (kind == null) {
        unchanged++;
      } else {
        changes.add(change(kind, each.getKey(), present, release.resolve(each.getKey())));
      }
    }
    for (Map.Entry<String, String> each : installed.files().entrySet()) {
      Path present = installation.resolve(each.getKey());
      if (!wanted.files().containsKey(each.getKey()) && Files.exists(present)) {
        boolean kept = isByHand(each.getKey(), Digests.sha256(present), each.getValue());
        changes.add(change(kept ? Kind.KEPT : Kind.REMOVED, each.getKey(), present, null));
      }
    }
    Set<String> otherSchema = new HashSet<>();
    for (ReleaseChange each : changes) {
      if (each.kind() == Kind.REPLACED
          && each.bundle() != null
          && !schema(installation, each).equals(schema(release, each))) {
        otherSchema.add(each.path());
      }
    }
    return new ReleaseComparison(changes, unchanged, otherSchema);
  }

  /** What becomes of a file, or null when it is what is wanted. */
  private static Kind kind(Path present, String before, Map.Entry<String, String> wanted)
      throws IOException {
    if (!Files.exists(present)) {
      return Kind.ADDED;
    }
    String now = Digests.sha256(present);
    if (now.equals(wanted.getValue())) {
      return null;
    }
    return isByHand(wanted.getKey(), now, before) ? Kind.KEPT : Kind.REPLACED;
  }

  /** Whether a person has changed a file that is there to be changed. */
  private static boolean isByHand(String path, String now, String delivered) {
    return path.startsWith("conf/") && !now.equals(delivered);
  }

  private static ReleaseChange change(Kind kind, String path, Path present, Path wanted) {
    Optional<JarFacts> from = kind == Kind.ADDED ? Optional.empty() : bundle(path, present);
    Optional<JarFacts> to = wanted == null ? Optional.empty() : bundle(path, wanted);
    return new ReleaseChange(
        kind,
        path,
        to.or(() -> from).map(JarFacts::name).orElse(null),
        from.map(each -> each.version().toString()).orElse(null),
        to.map(each -> each.version().toString()).orElse(null));
  }

  private static Optional<String> schema(Path root, ReleaseChange change) {
    return bundle(change.path(), root.resolve(change.path())).map(JarFacts::schema);
  }

  private static Optional<JarFacts> bundle(String path, Path file) {
    return path.startsWith("system/") && path.endsWith(".jar")
        ? Optional.of(JarFacts.of(file))
        : Optional.empty();
  }
}
