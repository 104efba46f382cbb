// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.dto.ServiceReferenceDTO;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.ReferenceDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;

/** Moments between the start of a bundle and that of its components. */
@Timeout(60)
class ComponentsTest {
  private final ComponentDescriptionDTO description = new ComponentDescriptionDTO();
  private final ComponentConfigurationDTO configuration = new ComponentConfigurationDTO();
  private List<ComponentConfigurationDTO> known = List.of(configuration);

  private boolean knowsAll(Path directory) throws Exception {
    description.name = "org.example.Component";
    description.defaultEnabled = true;
    description.references = new ReferenceDTO[] {new ReferenceDTO()};
    description.references[0].name = "wanted";
    description.references[0].interfaceName = "org.example.Wanted";
    try (FrameworkLab lab = FrameworkLab.in(directory)) {
      Bundle bundle =
          lab.install(
              TestPlugin.of("org.example.declares", "1.0.0")
                  .with("Service-Component", "OSGI-INF/component.xml"));
      return new Components(runtime()).knowAllOf(bundle);
    }
  }

  private ServiceComponentRuntime runtime() {
    return (ServiceComponentRuntime)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {ServiceComponentRuntime.class},
            (proxy, method, arguments) ->
                method.getName().equals("getComponentDescriptionDTOs")
                    ? List.of(description)
                    : known);
  }

  @Test
  void a_component_without_a_configuration_is_not_known_yet(@TempDir Path directory)
      throws Exception {
    description.serviceInterfaces = new String[0];
    known = List.of();

    assertThat(knowsAll(directory)).isFalse();
  }

  @Test
  void one_that_lacks_nothing_and_has_not_published_its_service_is_not_known_yet(
      @TempDir Path directory) throws Exception {
    description.serviceInterfaces = new String[] {"org.example.Given"};
    configuration.state = ComponentConfigurationDTO.SATISFIED;

    assertThat(knowsAll(directory)).isFalse();
  }

  @Test
  void one_that_is_being_enabled_and_waits_for_nothing_is_not_known_yet(@TempDir Path directory)
      throws Exception {
    description.serviceInterfaces = new String[0];
    configuration.state = ComponentConfigurationDTO.UNSATISFIED_REFERENCE;
    configuration.unsatisfiedReferences = new UnsatisfiedReferenceDTO[0];

    assertThat(knowsAll(directory)).isFalse();
  }

  @Test
  void one_that_waits_for_a_service_is_known(@TempDir Path directory) throws Exception {
    description.serviceInterfaces = new String[] {"org.example.Given"};
    configuration.state = ComponentConfigurationDTO.UNSATISFIED_REFERENCE;
    configuration.unsatisfiedReferences =
        new UnsatisfiedReferenceDTO[] {new UnsatisfiedReferenceDTO()};
    configuration.unsatisfiedReferences[0].name = "wanted";

    assertThat(knowsAll(directory)).isTrue();
  }

  @Test
  void one_that_has_published_its_service_is_known(@TempDir Path directory) throws Exception {
    description.serviceInterfaces = new String[] {"org.example.Given"};
    configuration.state = ComponentConfigurationDTO.SATISFIED;
    configuration.service = new ServiceReferenceDTO();

    assertThat(knowsAll(directory)).isTrue();
  }

  @Test
  void one_that_failed_is_known(@TempDir Path directory) throws Exception {
    description.serviceInterfaces = new String[] {"org.example.Given"};
    configuration.state = ComponentConfigurationDTO.FAILED_ACTIVATION;

    assertThat(knowsAll(directory)).isTrue();
  }
}
