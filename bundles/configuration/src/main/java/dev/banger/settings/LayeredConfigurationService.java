// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import dev.banger.configuration.Configuration;
import dev.banger.configuration.ConfigurationProblem;
import dev.banger.configuration.ConfigurationRules.Choice;
import dev.banger.configuration.ConfigurationService;
import dev.banger.configuration.Setting;
import dev.banger.configuration.Setting.Source;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.settings.Resolution.Chosen;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The configuration as layers of files, of which the user's is written. */
@Component
public final class LayeredConfigurationService implements ConfigurationService {
  private static final String OWN = "dev.banger.";
  private static final String HIDDEN = "********";

  private final Layers layers;
  private final Resolver resolver;
  private final Delivery delivery;
  private final ReentrantLock writing = new ReentrantLock();

  @Activate
  public LayeredConfigurationService(
      @Reference Layers layers, @Reference Resolver resolver, @Reference Delivery delivery) {
    this.layers = layers;
    this.resolver = resolver;
    this.delivery = delivery;
  }

  @Override
  public Configuration list() {
    List<Setting> settings = new ArrayList<>();
    List<ConfigurationProblem> problems = new ArrayList<>();
    Definitions definitions = definitions();
    for (Definition definition : definitions.all()) {
      Resolution resolution = resolution(definition);
      definition
          .attributes()
          .forEach(attribute -> settings.add(setting(definition, attribute, resolution)));
      problems.addAll(resolution.problems());
      problems.addAll(layers.unreadable(definition.pid()));
    }
    problems.addAll(filesThatNobodyReads(definitions));
    settings.sort(Comparator.comparing(Setting::name));
    return new Configuration(settings, problems);
  }

  private List<ConfigurationProblem> filesThatNobodyReads(Definitions definitions) {
    List<String> known = definitions.all().stream().map(Definition::pid).toList();
    return layers.userPids().stream()
        .filter(pid -> pid.startsWith(OWN) && !known.contains(pid))
        .map(
            pid ->
                new ConfigurationProblem(
                    pid,
                    null,
                    layers.userFile(pid),
                    null,
                    "no bundle that is installed reads it"
                        + NearestName.of(pid, known)
                            .map(near -> "; did you mean " + near + ".cfg?")
                            .orElse("")))
        .toList();
  }

  @Override
  public Setting get(String name) {
    return setting(find(name));
  }

  @Override
  public List<Setting> set(Map<String, String> values, Operation operation) {
    Map<Key, String> wanted = new LinkedHashMap<>();
    values.forEach((name, value) -> wanted.put(find(name), Objects.requireNonNull(value).strip()));
    wanted.forEach(
        (key, value) ->
            key.attribute
                .objection(value)
                .ifPresent(
                    why -> {
                      throw refused(key, value, why);
                    }));
    return change(
        wanted.keySet(), (key, text) -> text.with(key.attribute.key(), wanted.get(key)), operation);
  }

  @Override
  public List<Setting> unset(List<String> names, Operation operation) {
    Set<Key> keys =
        names.stream().map(this::find).collect(Collectors.toCollection(LinkedHashSet::new));
    return change(keys, (key, text) -> text.without(key.attribute.key()), operation);
  }

  private static BangerException refused(Key key, String value, String why) {
    return bad("%s: '%s' %s: %s".formatted(key.name(), value, why, key.attribute.description()));
  }

  private List<Setting> change(
      Set<Key> keys, BiFunction<Key, CfgFile, CfgFile> edit, Operation operation) {
    writing.lock();
    try {
      Map<String, Definition> definitions = new LinkedHashMap<>();
      Map<String, CfgFile> files = new LinkedHashMap<>();
      for (Key key : keys) {
        String pid = key.definition.pid();
        definitions.put(pid, key.definition);
        CfgFile text = files.containsKey(pid) ? files.get(pid) : read(key);
        files.put(pid, edit.apply(key, text));
      }
      files.forEach((pid, text) -> requireRight(definitions.get(pid), text));
      operation.check();
      write(files);
      delivery.await(operation);
    } finally {
      writing.unlock();
    }
    return keys.stream().map(this::setting).toList();
  }

  /** Writes and delivers all, or puts back what was there. */
  private void write(Map<String, CfgFile> files) {
    Map<Path, CfgFile> texts = new LinkedHashMap<>();
    files.forEach((pid, text) -> texts.put(layers.userFile(pid), text));
    List<String> renewed = new ArrayList<>();
    try (CfgChange change = CfgChange.of(texts)) {
      try {
        change.make();
        for (String pid : files.keySet()) {
          renewed.add(pid);
          delivery.renew(pid);
        }
      } catch (RuntimeException e) {
        change.takeBack(e);
        renewed.forEach(pid -> renewAgain(pid, e));
        throw e;
      }
    }
  }

  private void renewAgain(String pid, RuntimeException failure) {
    try {
      delivery.renew(pid);
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  private CfgFile read(Key key) {
    String pid = key.definition.pid();
    Path file = layers.userFile(pid);
    if (layers.hasTypedFile(pid)) {
      throw bad(
          file.resolveSibling(pid + ".config")
              + " has this configuration: change it there, or make a .cfg file of it");
    }
    try {
      return CfgFile.read(file);
    } catch (IOException e) {
      throw bad(file + " " + e.getMessage() + ": mend or remove it first");
    }
  }

  /** Refuses a text with which something would be wrong that is not so already. */
  private void requireRight(Definition definition, CfgFile text) {
    String pid = definition.pid();
    List<Layer> now = layers.of(pid, delivery.given(pid));
    List<Layer> then = new ArrayList<>();
    now.stream().filter(each -> each.source() == Source.COMMAND_LINE).forEach(then::add);
    then.add(layers.ofUser(pid, text));
    now.stream()
        .filter(each -> each.source() != Source.COMMAND_LINE && each.source() != Source.USER_FILE)
        .forEach(then::add);
    Set<ConfigurationProblem> known =
        problems(definition, now).stream()
            .map(LayeredConfigurationService::place)
            .collect(Collectors.toSet());
    problems(definition, then).stream()
        .filter(each -> !known.contains(place(each)))
        .findFirst()
        .ifPresent(
            each -> {
              throw bad(definition.name(each.key()) + ": " + each.message());
            });
  }

  /** What is wrong, without the words for it. */
  private static ConfigurationProblem place(ConfigurationProblem problem) {
    return new ConfigurationProblem(
        problem.pid(), problem.key(), problem.file(), problem.value(), null);
  }

  private List<ConfigurationProblem> problems(Definition definition, List<Layer> of) {
    return Resolution.of(definition, of, resolver.rules(definition.pid()), Map.of())
        .objectionable();
  }

  private Definitions definitions() {
    return resolver
        .definitions()
        .orElseThrow(
            () ->
                new BangerException(
                    ErrorCode.UNAVAILABLE,
                    "this OSGi host has no MetaTypeService, so that nobody knows what keys there"
                        + " are; install a bundle that has it, such as org.apache.felix.metatype"));
  }

  private Resolution resolution(Definition definition) {
    return resolver.resolve(definition, delivery.given(definition.pid()));
  }

  private Setting setting(Key key) {
    return setting(key.definition, key.attribute, resolution(key.definition));
  }

  private Setting setting(Definition definition, Attribute attribute, Resolution resolution) {
    String key = attribute.key();
    Chosen chosen = resolution.chosen().get(key);
    Map<String, Choice> choices = new HashMap<>();
    resolver
        .rules(definition.pid())
        .forEach(each -> choices.putAll(each.choices(resolution.values())));
    Choice choice = choices.getOrDefault(key, new Choice(chosen.value(), false));
    Source source = chosen.origin().source();
    boolean secret = attribute.type() == Attribute.Type.PASSWORD && !chosen.value().isEmpty();
    return new Setting(
        definition.name(key),
        definition.pid(),
        key,
        attribute.type().name().toLowerCase(Locale.ROOT),
        secret ? HIDDEN : chosen.value(),
        secret ? HIDDEN : choice.value(),
        source == Source.BUILT_IN && choice.byHost() ? Source.HOST : source,
        chosen.origin().file(),
        attribute.defaultValue(),
        attribute.options(),
        attribute.description(),
        problem(key, resolution).map(Words::of).orElse(null));
  }

  private static Optional<ConfigurationProblem> problem(String key, Resolution resolution) {
    return resolution.problems().stream().filter(each -> key.equals(each.key())).findFirst();
  }

  private Key find(String name) {
    List<Key> keys = new ArrayList<>();
    for (Definition definition : definitions().all()) {
      definition.attributes().forEach(each -> keys.add(new Key(definition, each)));
    }
    List<Key> found = keys.stream().filter(each -> each.answersTo(name)).toList();
    if (found.size() > 1) {
      throw bad(
          "'"
              + name
              + "' stands for "
              + found.stream().map(Key::name).collect(Collectors.joining(" and ")));
    }
    return found.stream().findFirst().orElseThrow(() -> notFound(name, keys));
  }

  private static BangerException notFound(String name, List<Key> keys) {
    List<String> names = keys.stream().map(Key::name).toList();
    Optional<String> near =
        keys.stream()
            .filter(each -> each.attribute.key().equalsIgnoreCase(name))
            .map(Key::name)
            .findFirst()
            .or(() -> NearestName.of(name, names));
    return new BangerException(
        ErrorCode.NOT_FOUND,
        "there is no key '"
            + name
            + "'"
            + near.map(each -> "; did you mean " + each + "?").orElse("; see: banger config list"));
  }

  private static BangerException bad(String message) {
    return new BangerException(ErrorCode.BAD_REQUEST, message);
  }

  private record Key(Definition definition, Attribute attribute) {
    String name() {
      return definition.name(attribute.key());
    }

    boolean answersTo(String name) {
      String whole = definition.pid() + "." + attribute.key();
      return whole.equals(name)
          || whole.endsWith("." + name) && name.endsWith("." + attribute.key());
    }
  }
}
