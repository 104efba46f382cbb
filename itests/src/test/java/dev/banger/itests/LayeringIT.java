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
import java.util.TreeMap;
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
  // What logging could do with them is not configured.
  private static final Set<String> DONE_WITHOUT =
      Set.of("com.fasterxml.jackson.core", "com.fasterxml.jackson.databind", "org.tukaani.xz");
  private final Map<Path, Manifest> system = system();
  private final Map<String, Path> files = new LinkedHashMap<>();
  private final Map<String, Manifest> bundles = new LinkedHashMap<>();

  LayeringIT() {
    system.forEach(
        (file, manifest) -> {
          if (manifest
              .getMainAttributes()
              .getValue("Bundle-SymbolicName")
              .startsWith("dev.banger.")) {
            files.put(file.getFileName().toString(), file);
            bundles.put(file.getFileName().toString(), manifest);
          }
        });
  }

  /** The bundles of a level are installed when it is reached: it cannot be wired to later ones. */
  @Test
  void no_bundle_imports_a_package_that_only_a_later_start_level_exports() {
    Map<String, Integer> exported = new TreeMap<>();
    system.forEach(
        (file, manifest) ->
            clauses(manifest.getMainAttributes().getValue("Export-Package"))
                .keySet()
                .forEach(each -> exported.merge(each, level(file), Math::min)));
    assertThat(exported).containsKey("dev.banger.vm");
    system.forEach(
        (file, manifest) ->
            assertThat(clauses(manifest.getMainAttributes().getValue("Import-Package")).keySet())
                .as("what %s imports", file.getFileName())
                .filteredOn(each -> exported.getOrDefault(each, 0) > level(file))
                .isSubsetOf(DONE_WITHOUT));
  }

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
  void no_bundle_needs_a_particular_framework_or_its_companions() {
    bundles.forEach(
        (name, manifest) -> {
          Map<String, String> imported =
              clauses(manifest.getMainAttributes().getValue("Import-Package"));
          imported.keySet().removeIf(each -> !each.matches("org\\.(apache\\.felix|eclipse)\\..*"));
          if (name.equals("shell.jar")) {
            // Gogo's interface, which Karaf has, too; the shell does without where there is none.
            assertThat(imported).containsOnlyKeys("org.apache.felix.service.command");
            assertThat(imported.values()).allMatch(each -> each.contains("resolution:=optional"));
          } else {
            assertThat(imported).as("what %s imports", name).isEmpty();
          }
        });
  }

  @Test
  void imports_of_versioned_packages_have_a_range_that_ends() {
    Map<String, String> exported = new TreeMap<>();
    system.values().stream()
        .map(each -> clauses(each.getMainAttributes().getValue("Export-Package")))
        .flatMap(each -> each.entrySet().stream())
        .filter(each -> each.getValue().contains("version="))
        .forEach(each -> exported.put(each.getKey(), each.getValue()));
    bundles.forEach(
        (name, manifest) -> {
          Map<String, String> imported =
              clauses(manifest.getMainAttributes().getValue("Import-Package"));
          imported.keySet().retainAll(exported.keySet());
          assertThat(imported).as("what %s imports", name).isNotEmpty();
          assertThat(imported)
              .as("what %s imports", name)
              .allSatisfy(
                  (each, attributes) ->
                      assertThat(attributes).containsPattern("version=\"\\[[0-9.]+,[0-9.]+\\)\""));
        });
  }

  @Test
  void no_bundle_carries_a_copy_of_the_api() throws IOException {
    for (String name : bundles.keySet()) {
      if (name.equals("core-model.jar")) {
        continue;
      }
      try (JarFile jar = new JarFile(files.get(name).toFile())) {
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
                    "configuration.jar",
                    "core-model.jar",
                    "store.jar",
                    "image-service.jar",
                    "vm-service.jar",
                    "auth-sync.jar",
                    "port-forward.jar",
                    "work-disk.jar",
                    "plugins.jar",
                    "hypervisor-qemu.jar",
                    "host-service.jar",
                    "runtime.jar",
                    "shell.jar")));
  }

  @Test
  void what_is_for_tests_only_is_not_deployed() {
    assertThat(system).isNotEmpty();
    system.forEach(
        (file, manifest) ->
            assertThat(clauses(manifest.getMainAttributes().getValue("Export-Package")).keySet())
                .as("what %s exports", file.getFileName())
                .noneMatch(each -> each.matches("(dev\\.banger\\.testkit|org\\.junit)(\\..*)?")));
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

  private static int level(Path file) {
    return Integer.parseInt(file.getParent().getFileName().toString());
  }

  private static Map<Path, Manifest> system() {
    Map<Path, Manifest> manifests = new LinkedHashMap<>();
    try (Stream<Path> files = Files.walk(Installation.DISTRIBUTION.resolve("system"))) {
      for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).toList()) {
        try (JarFile file = new JarFile(jar.toFile())) {
          manifests.put(jar, file.getManifest());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return manifests;
  }
}
