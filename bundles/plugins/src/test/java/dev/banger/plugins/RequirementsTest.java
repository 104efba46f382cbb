// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginProblem.Kind;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RequirementsTest {
  @TempDir Path directory;
  private FrameworkLab lab;

  @BeforeEach
  void start() throws Exception {
    lab = FrameworkLab.in(directory);
  }

  @AfterEach
  void stop() throws Exception {
    lab.close();
  }

  private static TestPlugin plugin() {
    return TestPlugin.of("org.example.wants", "1.0.0");
  }

  private List<PluginProblem> unmet(TestPlugin plugin) throws Exception {
    return new Requirements(lab.context()).unmet(lab.install(plugin));
  }

  private void assertLacks(TestPlugin plugin, Kind kind, String... words) throws Exception {
    assertThat(unmet(plugin))
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.kind()).isEqualTo(kind);
              assertThat(problem.subject()).isEqualTo("org.example.wants");
              assertThat(problem.message()).contains(words);
            });
  }

  @Test
  void nothing_is_lacking_where_all_is_there_or_may_be_missing() throws Exception {
    lab.install(
        TestPlugin.of("org.example.gives", "2.0.0")
            .with("Export-Package", "org.example.given;version=1.5"));

    assertThat(
            unmet(
                plugin()
                    .with(
                        "Import-Package",
                        "org.example.given;version=\"[1,2)\","
                            + "org.nowhere;resolution:=optional,dev.banger.doctor")
                    .with("Require-Bundle", "org.example.gives;bundle-version=\"[2,3)\"")
                    .with(
                        "Require-Capability",
                        "osgi.ee;filter:=\"(&(osgi.ee=JavaSE)(version=17))\","
                            + "org.nowhere;effective:=active,org.nowhere;resolution:=optional")))
        .isEmpty();
  }

  @Test
  void a_package_is_named_with_who_has_another_version_of_it() throws Exception {
    lab.install(
        TestPlugin.of("org.example.gives", "2.0.0")
            .with("Export-Package", "org.example.given;version=1.5"));

    assertLacks(
        plugin().with("Import-Package", "org.example.given;version=\"[2,3)\""),
        Kind.REQUIREMENT,
        "package org.example.given [2.0.0,3.0.0)",
        "org.example.gives has 1.5.0");
  }

  @Test
  void a_package_that_nobody_has_is_named() throws Exception {
    assertLacks(
        plugin().with("Import-Package", "org.nowhere"),
        Kind.REQUIREMENT,
        "package org.nowhere",
        "no installed bundle exports");
  }

  @Test
  void another_version_of_the_api_is_told_apart() throws Exception {
    assertLacks(
        plugin().with("Import-Package", "dev.banger.doctor;version=\"[0.7,0.8)\""),
        Kind.INCOMPATIBLE,
        "built for API 0.7 of banger, this is 0.1");
  }

  @Test
  void a_bundle_a_newer_java_and_a_capability_are_named() throws Exception {
    assertLacks(
        plugin().with("Require-Bundle", "org.example.absent;bundle-version=\"[1,2)\""),
        Kind.REQUIREMENT,
        "the bundle org.example.absent [1.0.0,2.0.0)",
        "not installed");
    assertLacks(
        TestPlugin.of("org.example.wants", "1.1.0")
            .with("Require-Capability", "osgi.ee;filter:=\"(&(osgi.ee=JavaSE)(version=99))\""),
        Kind.REQUIREMENT,
        "a newer Java",
        "runs on Java " + Runtime.version().feature());
    assertLacks(
        TestPlugin.of("org.example.wants", "1.2.0")
            .with("Require-Capability", "org.nowhere;filter:=\"(colour=blue)\""),
        Kind.REQUIREMENT,
        "org.nowhere (colour=blue)",
        "no installed bundle provides");
  }

  @Test
  void a_fragment_requires_its_host() throws Exception {
    lab.install(TestPlugin.of("org.example.host", "1.0.0")).start();

    assertThat(unmet(plugin().with("Fragment-Host", "org.example.host"))).isEmpty();
    assertLacks(
        TestPlugin.of("org.example.wants", "1.1.0")
            .with("Fragment-Host", "org.example.host;bundle-version=\"[2,3)\""),
        Kind.REQUIREMENT,
        "a part of the bundle org.example.host [2.0.0,3.0.0)",
        "not installed");
  }

  @Test
  void all_that_is_lacking_is_told() throws Exception {
    assertThat(unmet(plugin().with("Import-Package", "org.nowhere,org.elsewhere"))).hasSize(2);
  }
}
