// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import dev.banger.configuration.ConfigurationProblem;
import dev.banger.configuration.ConfigurationRules;
import dev.banger.settings.Resolution.Chosen;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Dictionary;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Resolves configurations, and remembers what was put in force and what was said about it. */
@Component(service = Resolver.class)
public final class Resolver {
  private static final Logger LOG = LoggerFactory.getLogger(Resolver.class);

  private final Layers layers;
  private final Map<String, Map<String, Chosen>> inForce = new ConcurrentHashMap<>();
  private final Map<String, Set<ConfigurationProblem>> told = new ConcurrentHashMap<>();

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile Definitions definitions;

  private final Delivery delivery;
  private final List<ConfigurationRules> rules = new CopyOnWriteArrayList<>();

  @Activate
  public Resolver(@Reference Layers layers, @Reference Delivery delivery) {
    this.layers = layers;
    this.delivery = delivery;
  }

  Resolver(Layers layers, Definitions definitions, List<ConfigurationRules> rules) {
    this(layers, (Delivery) null);
    this.definitions = definitions;
    this.rules.addAll(rules);
  }

  /** What was delivered before the rules came goes by them, too. */
  @Reference(
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void addRules(ConfigurationRules arrived) {
    String pid = arrived.pid();
    boolean delivered;
    synchronized (inForce) {
      rules.add(arrived);
      delivered = inForce.containsKey(pid);
    }
    if (delivered && isOutdated(pid, delivery.given(pid))) {
      delivery.renew(pid);
    }
  }

  void removeRules(ConfigurationRules gone) {
    rules.remove(gone);
  }

  /** Which configurations there are; empty when nobody can tell. */
  Optional<Definitions> definitions() {
    return Optional.ofNullable(definitions);
  }

  List<ConfigurationRules> rules(String pid) {
    return rules.stream().filter(each -> each.pid().equals(pid)).toList();
  }

  /**
   * What is in force, or will be once it is delivered.
   *
   * @param given what the ConfigurationAdmin has, or null
   */
  Resolution resolve(Definition definition, Dictionary<String, ?> given) {
    String pid = definition.pid();
    return Resolution.of(
        definition, layers.of(pid, given), rules(pid), inForce.getOrDefault(pid, Map.of()));
  }

  /** Makes properties that are on their way to a component what is to be in force. */
  void deliver(String pid, Dictionary<String, Object> properties) {
    Optional<Definition> definition = definitions().flatMap(each -> each.of(pid));
    if (definition.isPresent()) {
      Resolution resolution;
      // Together: rules that come meanwhile would find nothing that could be outdated by them.
      synchronized (inForce) {
        resolution = resolve(definition.get(), properties);
        inForce.put(pid, Map.copyOf(resolution.chosen()));
      }
      replace(definition.get(), resolution, properties);
      tell(pid, resolution.problems());
    }
    properties.remove(Layers.MARK);
  }

  private static void replace(
      Definition definition, Resolution resolution, Dictionary<String, Object> properties) {
    for (Attribute attribute : definition.attributes()) {
      Chosen chosen = resolution.chosen().get(attribute.key());
      switch (chosen.origin().source()) {
        case BUILT_IN, HOST -> properties.remove(attribute.key());
        case CONFIGURATION_ADMIN -> {
          Object present = properties.get(attribute.key());
          if (present == null || !chosen.value().equals(Layers.text(present))) {
            properties.put(attribute.key(), attribute.delivered(chosen.value()));
          }
        }
        case COMMAND_LINE, USER_FILE, INSTALLATION_FILE ->
            properties.put(attribute.key(), attribute.delivered(chosen.value()));
      }
    }
  }

  /** Whether a component has got something else than it would get now. */
  private boolean isOutdated(String pid, Dictionary<String, ?> given) {
    Map<String, Chosen> delivered = inForce.get(pid);
    return delivered != null
        && definitions()
            .flatMap(each -> each.of(pid))
            .filter(each -> !resolve(each, given).chosen().equals(delivered))
            .isPresent();
  }

  private void tell(String pid, List<ConfigurationProblem> problems) {
    List<ConfigurationProblem> all = new ArrayList<>(problems);
    all.addAll(layers.unreadable(pid));
    Set<ConfigurationProblem> before = told.put(pid, Set.copyOf(all));
    all.removeAll(before == null ? Collections.emptySet() : before);
    all.forEach(each -> LOG.warn("{}", Words.of(each)));
  }
}
