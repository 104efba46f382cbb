// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.capability.CapabilityTarget;
import dev.banger.hypervisor.PortForward;
import dev.banger.vm.Vm;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "(name=web), true",
    "(name=db), false",
    "(image=%IMAGE%), true",
    "(hypervisor=%HYPERVISOR%), true",
    "(vcpus>=1), true",
    "(vcpus>=1000), false",
    "(memoryMib>=64), true",
    "(diskBytes<=1), false",
    "(workDiskBytes<=-1), false",
    "(ports=*), true",
    "(ports=8080), true",
    "(ports=80), false",
    "(label.team=a), true",
    "(label.team=b), false",
    "(label.other=*), false",
    "(!(label.other=off)), true",
    "(&(name=web)(label.team=a)), true"
  })
  void a_filter_sees_what_a_record_tells(String filter, boolean concerns) {
    try (Platform platform = new Platform(directory)) {
      Vm vm =
          platform
              .create("web")
              .withLabels(Map.of("team", "a"))
              .withPorts(List.of(new PortForward("127.0.0.1", 8080, 80)));
      String value =
          filter.replace("%IMAGE%", vm.imageName()).replace("%HYPERVISOR%", vm.hypervisor());
      assertThat(Target.of(Map.of(CapabilityTarget.PROPERTY, value)).concerns(vm))
          .isEqualTo(concerns);
    }
  }

  @Test
  void without_a_filter_every_machine_is_concerned_and_no_port_is_no_property() {
    try (Platform platform = new Platform(directory)) {
      Vm vm = platform.create("web");
      assertThat(Target.of(Map.of()).concerns(vm)).isTrue();
      assertThat(Target.of(Map.of(CapabilityTarget.PROPERTY, "(ports=*)")).concerns(vm)).isFalse();
    }
  }

  @Test
  void what_is_no_filter_is_refused() {
    assertThatThrownBy(() -> Target.of(Map.of(CapabilityTarget.PROPERTY, "ports")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(CapabilityTarget.PROPERTY);
  }
}
