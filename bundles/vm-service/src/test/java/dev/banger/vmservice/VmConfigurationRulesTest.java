// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.configuration.ConfigurationRules.Choice;
import dev.banger.configuration.ConfigurationRules.Objection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VmConfigurationRulesTest {
  private final VmConfigurationRules rules = new VmConfigurationRules(new HostCapacity(8, 16_384));

  private static Map<String, String> values(String... changes) {
    Map<String, String> values =
        new HashMap<>(
            Map.of(
                "vcpus", "0",
                "memoryMib", "0",
                "diskBytes", "0",
                "workDiskBytes", "-1",
                "hypervisor", "",
                "sshPortFirst", "20000",
                "sshPortLast", "29999"));
    for (int i = 0; i < changes.length; i += 2) {
      values.put(changes[i], changes[i + 1]);
    }
    return values;
  }

  private List<List<String>> refused(String... changes) {
    return rules.check(values(changes)).stream().map(Objection::keys).toList();
  }

  @Test
  void refuses_a_range_of_ports_that_ends_before_it_begins() {
    assertThat(refused("sshPortFirst", "30000"))
        .containsExactly(List.of("sshPortFirst", "sshPortLast"));
    assertThat(refused("sshPortFirst", "29999")).isEmpty();
  }

  @Test
  void refuses_sizes_that_no_machine_can_have_here() {
    assertThat(refused("memoryMib", "63")).containsExactly(List.of("memoryMib"));
    assertThat(refused("memoryMib", "16385")).containsExactly(List.of("memoryMib"));
    assertThat(refused("memoryMib", "64")).isEmpty();
    assertThat(refused("diskBytes", "1", "workDiskBytes", "1048575"))
        .containsExactly(List.of("diskBytes"), List.of("workDiskBytes"));
    assertThat(refused("diskBytes", "1048576", "workDiskBytes", "0")).isEmpty();
  }

  @Test
  void tells_what_is_used_where_nothing_is_said() {
    assertThat(rules.choices(values()))
        .containsEntry("vcpus", new Choice("2", true))
        .containsEntry("memoryMib", new Choice("2048", true))
        .containsEntry("diskBytes", new Choice("8589934592", false))
        .containsEntry("workDiskBytes", new Choice("8589934592", false))
        .containsEntry("hypervisor", new Choice(null, true));
    assertThat(rules.choices(values("vcpus", "3"))).doesNotContainKey("vcpus").hasSize(4);
  }
}
