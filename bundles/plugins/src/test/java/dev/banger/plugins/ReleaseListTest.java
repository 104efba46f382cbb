// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReleaseListTest {
  @TempDir Path directory;
  private SampleRelease release;
  private Path root;

  @BeforeEach
  void release() throws IOException {
    root = directory.resolve("banger");
    release = new SampleRelease(root, "0.2.0");
  }

  private void assertCorrupt(String path) {
    ReleaseList list = ReleaseList.of(root);
    assertThatThrownBy(() -> list.verify(root))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT))
        .hasMessageContaining(path);
  }

  @Test
  void a_release_whose_files_are_all_there_is_whole() {
    ReleaseList list = ReleaseList.of(root);
    assertThat(list.version()).isEqualTo("0.2.0");
    assertThat(list.java()).isEqualTo(17);
    assertThat(list.files()).containsKeys("bin/bangerd", "system/6/store.txt");
    assertThatCode(() -> list.verify(root)).doesNotThrowAnyException();
  }

  @Test
  void a_file_that_is_missing_or_was_changed_is_named() throws IOException {
    Files.writeString(root.resolve("system/6/store.txt"), "stone");
    assertCorrupt("system/6/store.txt");
    Files.delete(root.resolve("system/6/store.txt"));
    assertCorrupt("system/6/store.txt");
  }

  @Test
  void no_link_is_followed() throws IOException {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    Path store = root.resolve("system/6/store.txt");
    Files.move(store, elsewhere.resolve("store.txt"));
    Files.createSymbolicLink(store, elsewhere.resolve("store.txt"));
    assertCorrupt("system/6/store.txt");
    Files.delete(store);
    Files.delete(store.getParent());
    Files.createSymbolicLink(store.getParent(), elsewhere);
    assertCorrupt("system/6/store.txt");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bundles/mine.jar",
        "update/journal",
        "system/6/../../x",
        "../x",
        "/etc/passwd",
        "conf/.hidden",
        "bin/a b",
        "bin/$(x)",
        "lib",
        "system/store.jar"
      })
  void a_list_may_name_only_what_releases_consist_of(String path) throws IOException {
    release.naming(path.replace(" ", "\\ "), "0".repeat(64));
    assertThatThrownBy(() -> ReleaseList.of(root))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("no place of a release's file");
  }

  @Test
  void what_is_no_release_is_refused() throws IOException {
    release.naming("lib/more.jar", "short");
    assertThatThrownBy(() -> ReleaseList.of(root)).hasMessageContaining("lib/more.jar");
    Files.writeString(root.resolve(ReleaseList.NAME), "version=1\njava=17\n");
    assertThatThrownBy(() -> ReleaseList.of(root)).hasMessageContaining("does not name bin/banger");
    Files.writeString(root.resolve(ReleaseList.NAME), "java=17\n");
    assertThatThrownBy(() -> ReleaseList.of(root)).hasMessageContaining("tells no version");
    Files.delete(root.resolve(ReleaseList.NAME));
    assertThatThrownBy(() -> ReleaseList.of(root)).hasMessageContaining("no release of banger");
  }
}
