// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The directory of a release that tests make. */
final class SampleRelease {
  private final Path root;
  private final String version;
  private final Map<String, String> files = new TreeMap<>();

  SampleRelease(Path root, String version) throws IOException {
    this.root = root;
    this.version = version;
    with("bin/banger", "#!/bin/sh\nexit 0\n");
    with("bin/bangerd", "#!/bin/sh\necho bangerd " + version + "\n");
    with("lib/recover", Files.readString(Path.of("../../distribution/src/assembly/lib/recover")));
    with("lib/launcher.jar", "launcher " + version);
    with("conf/logback.xml", "logging");
    with("system/6/store.txt", "store " + version);
  }

  Path root() {
    return root;
  }

  /** Adds a file, or changes it, and writes the list anew. */
  SampleRelease with(String path, String content) throws IOException {
    Files.createDirectories(root.resolve(path).getParent());
    Files.writeString(root.resolve(path), content);
    if (path.startsWith("bin/")) {
      root.resolve(path).toFile().setExecutable(true);
    }
    files.put(path, Digests.sha256(root.resolve(path)));
    return list();
  }

  SampleRelease without(String path) throws IOException {
    Files.delete(root.resolve(path));
    files.remove(path);
    return list();
  }

  /** Names a file in the list, whatever there is. */
  SampleRelease naming(String path, String sha256) throws IOException {
    files.put(path, sha256);
    return list();
  }

  private SampleRelease list() throws IOException {
    StringBuilder text = new StringBuilder("version=" + version + "\njava=17\n");
    files.forEach(
        (path, digest) ->
            text.append("sha256.").append(path).append('=').append(digest).append('\n'));
    Files.writeString(root.resolve(ReleaseList.NAME), text);
    return this;
  }
}
