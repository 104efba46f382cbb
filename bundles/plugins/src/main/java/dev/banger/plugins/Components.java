// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.plugins.ComponentState.Condition;
import dev.banger.plugins.ComponentState.MissingService;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.service.component.ComponentConstants;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.ReferenceDTO;

/** What Declarative Services know of the components of bundles. */
final class Components {
  private final ServiceComponentRuntime runtime;

  Components(ServiceComponentRuntime runtime) {
    this.runtime = runtime;
  }

  /** The components of a bundle, one for each configuration; none of a bundle that does not run. */
  List<ComponentState> of(Bundle bundle) {
    List<ComponentState> states = new ArrayList<>();
    for (ComponentDescriptionDTO each : runtime.getComponentDescriptionDTOs(bundle)) {
      for (ComponentConfigurationDTO one : runtime.getComponentConfigurationDTOs(each)) {
        states.add(state(each, one));
      }
    }
    return states;
  }

  /**
   * Whether all components that a bundle declares are known and have come as far as they can by
   * themselves; that is a moment after its start.
   */
  boolean knowAllOf(Bundle bundle) {
    if (bundle.getHeaders("").get(ComponentConstants.SERVICE_COMPONENT) == null) {
      return true;
    }
    Collection<ComponentDescriptionDTO> declared = runtime.getComponentDescriptionDTOs(bundle);
    return !declared.isEmpty()
        && declared.stream()
            .filter(each -> each.defaultEnabled && each.factory == null)
            .filter(each -> !"require".equals(each.configurationPolicy))
            .allMatch(this::isSettled);
  }

  private boolean isSettled(ComponentDescriptionDTO description) {
    Collection<ComponentConfigurationDTO> known =
        runtime.getComponentConfigurationDTOs(description);
    return !known.isEmpty() && known.stream().allMatch(one -> isSettled(description, one));
  }

  private static boolean isSettled(
      ComponentDescriptionDTO description, ComponentConfigurationDTO one) {
    return switch (condition(one.state)) {
      case SATISFIED -> description.serviceInterfaces.length == 0 || one.service != null;
      case UNSATISFIED_REFERENCE -> !missing(description, one).isEmpty();
      case UNSATISFIED_CONFIGURATION, FAILED -> true;
    };
  }

  /** The bundles with a component that would publish a service, running or not. */
  List<Bundle> providers(String service, Collection<Bundle> among) {
    return among.stream()
        .filter(
            bundle ->
                runtime.getComponentDescriptionDTOs(bundle).stream()
                    .anyMatch(each -> Arrays.asList(each.serviceInterfaces).contains(service)))
        .toList();
  }

  private static ComponentState state(
      ComponentDescriptionDTO description, ComponentConfigurationDTO one) {
    return new ComponentState(
        description.name, condition(one.state), missing(description, one), one.failure);
  }

  private static Condition condition(int state) {
    return switch (state) {
      case ComponentConfigurationDTO.UNSATISFIED_REFERENCE -> Condition.UNSATISFIED_REFERENCE;
      case ComponentConfigurationDTO.UNSATISFIED_CONFIGURATION ->
          Condition.UNSATISFIED_CONFIGURATION;
      case ComponentConfigurationDTO.FAILED_ACTIVATION -> Condition.FAILED;
      default -> Condition.SATISFIED;
    };
  }

  private static List<MissingService> missing(
      ComponentDescriptionDTO description, ComponentConfigurationDTO one) {
    if (one.unsatisfiedReferences == null) {
      return List.of();
    }
    Map<String, ReferenceDTO> references =
        Arrays.stream(description.references)
            .collect(Collectors.toMap(each -> each.name, each -> each, (a, b) -> a));
    return Arrays.stream(one.unsatisfiedReferences)
        .map(each -> new MissingService(references.get(each.name).interfaceName, each.target))
        .toList();
  }
}
