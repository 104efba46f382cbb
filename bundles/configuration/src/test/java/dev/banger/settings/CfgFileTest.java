// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CfgFileTest {
  private static final String TEXT =
      """
      # why there are two
      vcpus = 2

      ! long
      image = docker.io/\\
          library/alpine
      memoryMib:512
      """;

  @TempDir private Path directory;

  @Test
  void keeps_comments_order_and_other_keys_when_one_changes() {
    assertThat(CfgFile.parse(TEXT).with("vcpus", "3").text())
        .isEqualTo(TEXT.replace("vcpus = 2", "vcpus = 3"));
    assertThat(CfgFile.parse(TEXT).with("hypervisor", "qemu").text())
        .isEqualTo(TEXT + "hypervisor = qemu\n");
    assertThat(CfgFile.parse(TEXT).without("image").text())
        .contains("! long\nmemoryMib:512\n")
        .contains("# why there are two\nvcpus = 2\n")
        .doesNotContain("alpine");
  }

  @Test
  void replaces_the_line_that_counts_and_removes_all() {
    CfgFile twice = CfgFile.parse("a=1\na=2\n");
    assertThat(twice.values()).isEqualTo(Map.of("a", "2"));
    assertThat(twice.with("a", "3").values()).isEqualTo(Map.of("a", "3"));
    assertThat(twice.without("a").text()).isEmpty();
  }

  @Test
  void a_line_without_an_end_is_followed_by_a_line_of_its_own() {
    assertThat(CfgFile.parse("a=1").with("b", "2").text()).isEqualTo("a=1\nb = 2\n");
  }

  @Property
  void gives_back_any_value_without_the_blanks_around_it(
      @ForAll @StringLength(max = 20) String value) {
    CfgFile file = CfgFile.parse("# c\nother = 1\n").with("key", value.strip());
    assertThat(CfgFile.parse(file.text()).values())
        .isEqualTo(Map.of("other", "1", "key", value.strip()));
  }

  @Test
  void tells_what_is_no_properties_file() throws IOException {
    Path file = Files.writeString(directory.resolve("bad.cfg"), "a=\\u00zz\n");
    assertThatThrownBy(() -> CfgFile.read(file)).hasMessageContaining("no properties file");
    assertThat(CfgFile.read(directory.resolve("absent.cfg")).values()).isEmpty();
  }
}
