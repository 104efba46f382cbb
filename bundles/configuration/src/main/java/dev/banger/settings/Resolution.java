// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import dev.banger.configuration.ConfigurationProblem;
import dev.banger.configuration.ConfigurationRules;
import dev.banger.configuration.ConfigurationRules.Objection;
import dev.banger.configuration.Setting.Source;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What of all that is said about a PID is put in force: for each key the first right value, from
 * the first layer to the last. Where a wrong one stands, what was in force stays so; when nothing
 * was, the next layer counts.
 */
final class Resolution {
  private static final Origin DEFAULT = new Origin(Source.BUILT_IN, null);

  private final Definition definition;
  private final List<Layer> layers;
  private final List<ConfigurationRules> rules;
  private final Map<String, Chosen> before;
  private final Map<String, Chosen> chosen = new LinkedHashMap<>();
  private final List<ConfigurationProblem> problems = new ArrayList<>();

  private Resolution(
      Definition definition,
      List<Layer> layers,
      List<ConfigurationRules> rules,
      Map<String, Chosen> before) {
    this.definition = definition;
    this.layers = layers;
    this.rules = rules;
    this.before = before;
  }

  /**
   * @param before what is in force now, by key; empty at first
   */
  static Resolution of(
      Definition definition,
      List<Layer> layers,
      List<ConfigurationRules> rules,
      Map<String, Chosen> before) {
    Resolution resolution = new Resolution(definition, layers, rules, before);
    resolution.definition.attributes().forEach(resolution::choose);
    resolution.refuseWhatDoesNotGoTogether();
    layers.forEach(resolution::tellUnknownKeys);
    return resolution;
  }

  private ConfigurationProblem withWhatIsInForce(ConfigurationProblem problem) {
    Chosen instead = chosen.get(problem.key());
    return instead == null || instead.value.equals(problem.value())
        ? problem
        : new ConfigurationProblem(
            problem.pid(),
            problem.key(),
            problem.file(),
            problem.value(),
            problem.message() + "; '" + instead.value + "' is in force");
  }

  /** The values by key, defaults included. */
  Map<String, Chosen> chosen() {
    return chosen;
  }

  /** What is wrong, and what is in force instead. */
  List<ConfigurationProblem> problems() {
    return problems.stream().map(this::withWhatIsInForce).toList();
  }

  /** What is wrong, in words for somebody who is about to write it. */
  List<ConfigurationProblem> objectionable() {
    return problems;
  }

  Map<String, String> values() {
    Map<String, String> values = new LinkedHashMap<>();
    chosen.forEach((key, each) -> values.put(key, each.value));
    return values;
  }

  private void choose(Attribute attribute) {
    String key = attribute.key();
    boolean wrongBefore = false;
    Chosen found = null;
    for (Layer layer : layers) {
      String value = layer.values().get(key);
      if (value == null) {
        continue;
      }
      Optional<String> objection = attribute.objection(value);
      if (objection.isEmpty() && found == null) {
        found = new Chosen(value, new Origin(layer.source(), layer.file()));
      } else if (objection.isPresent()) {
        wrongBefore |= found == null;
        problems.add(
            problem(
                layer, key, value, "'" + value + "' " + objection.get() + described(attribute)));
      }
    }
    if (wrongBefore && before.containsKey(key)) {
      found = before.get(key);
    }
    chosen.put(key, found == null ? byDefault(attribute) : found);
  }

  private static String described(Attribute attribute) {
    return attribute.description().isEmpty() ? "" : " (" + attribute.description() + ")";
  }

  private static Chosen byDefault(Attribute attribute) {
    return new Chosen(attribute.defaultValue(), DEFAULT);
  }

  private ConfigurationProblem problem(Layer layer, String key, String value, String message) {
    return new ConfigurationProblem(definition.pid(), key, layer.file(), value, message);
  }

  private void refuseWhatDoesNotGoTogether() {
    List<Objection> objections = objections();
    for (Objection objection : objections) {
      tell(objection);
      objection.keys().forEach(key -> replace(key, before.get(key)));
    }
    if (!objections.isEmpty()) {
      // What was in force may not go with what is new either; the defaults always do.
      objections().forEach(each -> each.keys().forEach(key -> replace(key, null)));
    }
  }

  private List<Objection> objections() {
    Map<String, String> values = values();
    return rules.stream().flatMap(each -> each.check(values).stream()).toList();
  }

  private void tell(Objection objection) {
    for (String key : objection.keys()) {
      Chosen wrong = chosen.get(key);
      if (wrong != null && wrong.origin != DEFAULT) {
        problems.add(
            new ConfigurationProblem(
                definition.pid(), key, wrong.origin.file, wrong.value, objection.message()));
      }
    }
  }

  private void replace(String key, Chosen with) {
    definition
        .attribute(key)
        .ifPresent(each -> chosen.put(key, with == null ? byDefault(each) : with));
  }

  private void tellUnknownKeys(Layer layer) {
    if (layer.source() == Source.CONFIGURATION_ADMIN) {
      return; // hosts put marks of their own there
    }
    List<String> known = definition.attributes().stream().map(Attribute::key).toList();
    for (String key : new TreeSet<>(layer.values().keySet())) {
      if (!known.contains(key)) {
        problems.add(
            problem(
                layer,
                key,
                layer.values().get(key),
                "there is no such key"
                    + NearestName.of(key, known)
                        .map(near -> "; did you mean " + near + "?")
                        .orElse("")));
      }
    }
  }

  /** Where a value comes from. */
  record Origin(Source source, Path file) {}

  /** A value that is in force. */
  record Chosen(String value, Origin origin) {}
}
