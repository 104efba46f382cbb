// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Version;

class JarFactsTest {
  @TempDir Path directory;

  private Path jar(Map<String, String> headers) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    headers.forEach(manifest.getMainAttributes()::putValue);
    Path file = Files.createTempFile(directory, "plugin", ".jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(file), manifest)) {
      return file;
    }
  }

  @Test
  void a_bundle_tells_its_name_and_version() throws IOException {
    JarFacts facts =
        JarFacts.of(
            jar(
                Map.of(
                    "Bundle-ManifestVersion", "2",
                    "Bundle-SymbolicName", "org.example.greeting; singleton:=true",
                    "Bundle-Version", "1.2.3")));
    assertThat(facts.name()).isEqualTo("org.example.greeting");
    assertThat(facts.version()).isEqualTo(new Version(1, 2, 3));
    assertThat(facts.sha256()).matches("[0-9a-f]{64}");
    assertThat(facts.signer()).isNull();
    assertThat(facts.isFragment()).isFalse();
  }

  @Test
  void what_is_no_bundle_is_refused() throws IOException {
    Path plain = jar(Map.of());
    assertThatThrownBy(() -> JarFacts.of(plain))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("no Bundle-SymbolicName");
    Path text = Files.writeString(directory.resolve("text.jar"), "text");
    assertThatThrownBy(() -> JarFacts.of(text))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("is no bundle");
    Path version =
        jar(
            Map.of(
                "Bundle-ManifestVersion", "2",
                "Bundle-SymbolicName", "a",
                "Bundle-Version", "one"));
    assertThatThrownBy(() -> JarFacts.of(version)).isInstanceOf(BangerException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../system/6/store", "a/b", "..", ".hidden", "/a", " ;singleton:=true"})
  void a_name_that_leads_to_another_place_is_refused(String name) throws IOException {
    Path file = jar(Map.of("Bundle-ManifestVersion", "2", "Bundle-SymbolicName", name));
    assertThatThrownBy(() -> JarFacts.of(file))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("is no bundle");
  }

  @Test
  void what_unpacks_to_more_than_any_plugin_has_is_refused_and_can_be_cancelled() throws Exception {
    Path file = directory.resolve("large.jar");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Bundle-ManifestVersion", "2");
    manifest.getMainAttributes().putValue("Bundle-SymbolicName", "org.example.large");
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file), manifest)) {
      jar.setLevel(1);
      jar.putNextEntry(new JarEntry("zeros"));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 513; i++) {
        jar.write(zeros);
      }
    }

    assertThatThrownBy(() -> JarFacts.of(file))
        .hasMessageContaining("unpacks to more than 512 MiB");
    Operation cancelled = Operation.background();
    cancelled.cancel("enough");
    assertThatThrownBy(() -> JarFacts.of(file, cancelled)).hasMessageContaining("enough");
  }
}
