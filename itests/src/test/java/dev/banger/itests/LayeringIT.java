// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The star of ARCHITECTURE.md: core-model alone exports packages, and no bundle imports another
 * bundle's.
 */
class LayeringIT {
  private static final Pattern CLAUSE =
      Pattern.compile("([a-zA-Z0-9_.]+)((?:;[^,\"]*(?:\"[^\"]*\"[^,\"]*)*)*)(?:,|$)");
  private final Map<String, Manifest> bundles = manifests();

  @Test
  void core_model_alone_exports_packages_each_with_a_version() {
    bundles.forEach(
        (name, manifest) -> {
          String exports = manifest.getMainAttributes().getValue("Export-Package");
          if (name.equals("core-model.jar")) {
            assertThat(clauses(exports))
                .isNotEmpty()
                .allSatisfy((exported, attributes) -> assertThat(attributes).contains("version="));
          } else {
            assertThat(exports).as("what %s exports", name).isNull();
          }
        });
  }

  @Test
  void no_bundle_imports_a_package_of_another_bundle() {
    Set<String> api = clauses(attribute("core-model.jar", "Export-Package")).keySet();
    for (String name : bundles.keySet()) {
      Set<String> imported = new TreeSet<>(clauses(attribute(name, "Import-Package")).keySet());
      imported.removeIf(packageName -> !packageName.startsWith("dev.banger."));
      assertThat(api).as("banger's packages that %s may import", name).containsAll(imported);
    }
  }

  @Test
  void no_bundle_carries_a_copy_of_the_api() throws IOException {
    for (String name : bundles.keySet()) {
      if (name.equals("core-model.jar")) {
        continue;
      }
      try (JarFile jar = new JarFile(directory().resolve(name).toFile())) {
        Set<String> packages =
            jar.stream()
                .map(entry -> entry.getName())
                .filter(entry -> entry.endsWith(".class"))
                .map(entry -> entry.substring(0, entry.lastIndexOf('/')).replace('/', '.'))
                .collect(Collectors.toSet());
        assertThat(packages)
            .as(name)
            .doesNotContainAnyElementsOf(
                clauses(attribute("core-model.jar", "Export-Package")).keySet());
      }
    }
  }

  @Test
  void there_are_the_bundles_that_the_architecture_names() {
    assertThat(bundles.keySet())
        .isEqualTo(
            Set.copyOf(
                List.of(
                    "core-model.jar",
                    "store.jar",
                    "image-service.jar",
                    "vm-service.jar",
                    "hypervisor-qemu.jar",
                    "runtime.jar",
                    "shell.jar")));
  }

  private String attribute(String bundle, String name) {
    return bundles.get(bundle).getMainAttributes().getValue(name);
  }

  private static Map<String, String> clauses(String header) {
    Map<String, String> clauses = new LinkedHashMap<>();
    Matcher matcher = CLAUSE.matcher(header == null ? "" : header);
    while (matcher.find()) {
      clauses.put(matcher.group(1), matcher.group(2));
    }
    return clauses;
  }

  private static Path directory() {
    return Installation.DISTRIBUTION.resolve("system/5");
  }

  private static Map<String, Manifest> manifests() {
    Map<String, Manifest> manifests = new LinkedHashMap<>();
    try (Stream<Path> jars = Files.walk(Installation.DISTRIBUTION.resolve("system"))) {
      for (Path jar : jars.toList()) {
        try (JarFile file = new JarFile(jar.toFile())) {
          manifests.put(jar.getFileName().toString(), file.getManifest());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return manifests;
  }
}
