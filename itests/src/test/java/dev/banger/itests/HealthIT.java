// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.example.sample.SampleHealth;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundle for Felix Health Checks, beside a bundle that knows Health Checks alone. */
class HealthIT {
  /** Has a package that the bundle of the log imports if it can. */
  private static final Path EVENT_ADMIN =
      Path.of(System.getProperty("banger.health"), "org.apache.felix.eventadmin-1.6.4.jar");

  @Test
  void checks_of_doctor_and_of_others_see_each_other(@TempDir Path directory) throws IOException {
    Path distribution = directory.resolve("banger");
    Installation.copyTree(Installation.DISTRIBUTION, distribution);
    try (Installation banger = new Installation(Installation.temporaryHome(), distribution)) {
      assertThat(rows(banger))
          .containsKey("store")
          .noneSatisfy((name, detail) -> assertThat(name).startsWith("health "));
      for (Path bundle : bundles(directory)) {
        banger.succeed("plugin", "install", bundle.toString(), "--yes");
      }
      assertThat(rows(banger)).containsKey("store");
      assertThat(rows(banger).get("health sample"))
          .contains("banger StoreCheck is OK")
          .contains("banger QemuCheck is ")
          .doesNotContain("HealthOfOthers");
      assertThat(rows(banger).keySet())
          .filteredOn(name -> name.startsWith("health "))
          .as("what was translated is not translated back")
          .containsExactly("health sample");
      banger.succeed("plugin", "remove", "dev.banger.health");
      assertThat(rows(banger)).containsKey("store").doesNotContainKey("health sample");
    }
  }

  /** Something that a part of the daemon could import, if it were there when that was started. */
  @Test
  void a_plugin_that_could_serve_the_daemons_own_parts_renews_none(@TempDir Path directory)
      throws IOException {
    Path distribution = directory.resolve("banger");
    Installation.copyTree(Installation.DISTRIBUTION, distribution);
    try (Installation banger = new Installation(Installation.temporaryHome(), distribution)) {
      banger.succeed("plugin", "install", EVENT_ADMIN.toString(), "--yes");
      assertThat(banger.json("vm", "list")).isEmpty();
    }
  }

  private static List<Path> bundles(Path directory) throws IOException {
    List<Path> bundles = new ArrayList<>();
    bundles.addAll(
        Repository.bundles().stream()
            .filter(each -> each.toString().contains("healthcheck.api"))
            .toList());
    bundles.add(Repository.bundle("health"));
    bundles.add(
        BundleFile.of(
            SampleHealth.class,
            Map.of(
                "Bundle-SymbolicName", "org.example.health",
                "Bundle-Activator", SampleHealth.class.getName(),
                "Import-Package", "org.apache.felix.hc.api;version=\"[2,3)\",org.osgi.framework"),
            directory.resolve("health.jar")));
    return bundles;
  }

  private static Map<String, String> rows(Installation banger) throws IOException {
    Map<String, String> rows = new TreeMap<>();
    // What this host lacks for machines is no concern here, but doctor's exit status.
    for (JsonNode row : new ObjectMapper().readTree(banger.banger("doctor", "--json").stdout())) {
      rows.put(row.get("check").asText(), row.get("detail").asText());
    }
    return rows;
  }
}
