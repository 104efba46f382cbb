// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.release.ReleaseChange;
import dev.banger.release.ReleaseChange.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReleaseComparisonTest {
  @TempDir Path directory;

  @Test
  void tells_of_each_file_what_becomes_of_it() throws IOException {
    Path installed =
        new SampleRelease(directory.resolve("installed"), "0.1.0")
            .with("conf/edited.cfg", "as delivered")
            .with("conf/same.cfg", "as delivered")
            .with("conf/gone.cfg", "as delivered")
            .with("conf/gone-edited.cfg", "as delivered")
            .with("system/6/old.txt", "old")
            .root();
    Path wanted =
        new SampleRelease(directory.resolve("wanted"), "0.2.0")
            .with("conf/edited.cfg", "another default")
            .with("conf/same.cfg", "another default")
            .with("system/6/new.txt", "new")
            .root();
    Files.writeString(installed.resolve("conf/edited.cfg"), "by hand");
    Files.writeString(installed.resolve("conf/gone-edited.cfg"), "by hand");
    Files.createDirectories(installed.resolve("bundles"));
    Files.writeString(installed.resolve("bundles/mine.txt"), "mine");

    ReleaseComparison comparison =
        ReleaseComparison.of(installed, ReleaseList.of(installed), wanted, ReleaseList.of(wanted));
    Map<String, Kind> kinds =
        comparison.changes().stream()
            .collect(Collectors.toMap(ReleaseChange::path, ReleaseChange::kind));
    assertThat(kinds)
        .containsOnly(
            Map.entry("bin/bangerd", Kind.REPLACED),
            Map.entry("lib/launcher.jar", Kind.REPLACED),
            Map.entry("system/6/store.txt", Kind.REPLACED),
            Map.entry("conf/edited.cfg", Kind.KEPT),
            Map.entry("conf/same.cfg", Kind.REPLACED),
            Map.entry("conf/gone.cfg", Kind.REMOVED),
            Map.entry("conf/gone-edited.cfg", Kind.KEPT),
            Map.entry("system/6/new.txt", Kind.ADDED),
            Map.entry("system/6/old.txt", Kind.REMOVED));
    assertThat(comparison.unchanged()).isEqualTo(3);
  }

  private Path release(String version, String jarVersion, String schema) throws IOException {
    SampleRelease release = new SampleRelease(directory.resolve(version), version);
    for (String name : new String[] {"store", "other"}) {
      TestPlugin plugin = TestPlugin.of("dev.banger." + name, jarVersion);
      String path = "system/6/" + name + ".jar";
      Path jar = release.root().resolve(path);
      Path made =
          (name.equals("store") && schema != null ? plugin.with("Banger-Schema", schema) : plugin)
              .to(jar);
      release.naming(path, Digests.sha256(made));
    }
    return release.root();
  }

  private Set<String> otherSchema(String before, String after) throws IOException {
    Path installed = release("0.1.0", "1.0.0", before);
    Path wanted = release("0.2.0", "1.1.0", after);
    return ReleaseComparison.of(
            installed, ReleaseList.of(installed), wanted, ReleaseList.of(wanted))
        .otherSchema();
  }

  @Test
  void tells_which_bundles_would_change_the_database() throws IOException {
    assertThat(otherSchema("3", "4")).containsExactly("system/6/store.jar");
    assertThat(otherSchema("4", "3")).containsExactly("system/6/store.jar");
    assertThat(otherSchema(null, "3")).containsExactly("system/6/store.jar");
    assertThat(otherSchema("3", "3")).isEmpty();
  }
}
