// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.operation.Operation;
import dev.banger.plugin.Plugin;
import dev.banger.plugin.PluginCandidate;
import dev.banger.plugin.PluginDetails;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginRemoval;
import dev.banger.plugin.PluginService;
import dev.banger.plugin.PluginSource;
import dev.banger.plugin.PluginState;
import dev.banger.plugin.PluginUpdate;
import dev.banger.plugin.PluginUpdate.State;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Plugins that do what they are told to. */
public final class FakePlugins implements PluginService {
  public static final String DIGEST = "ab".repeat(32);
  private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

  public final List<Plugin> all = new ArrayList<>();
  public final List<PluginProblem> problems = new ArrayList<>();
  public final List<String> calls = new ArrayList<>();
  public final List<PluginProblem> refused = new ArrayList<>();
  public List<String> owing = List.of();
  public State outcome = State.DONE;

  public static Plugin plugin(String name, PluginState state, boolean own, String reverted) {
    return new Plugin(
        name, "1.0.0", state, own, List.of("doctor check"), Path.of("/p.jar"), reverted);
  }

  /** What happens while plugins that come with the daemon are waited for. */
  public Runnable arrival = () -> {};

  @Override
  public void awaitInitial(Operation operation) {
    arrival.run();
  }

  @Override
  public List<Plugin> list(boolean wanted) {
    return all.stream().filter(each -> wanted || !each.own()).toList();
  }

  @Override
  public List<PluginProblem> refusedJars() {
    return refused;
  }

  @Override
  public PluginDetails info(String name) {
    return new PluginDetails(
        all.get(0),
        "somebody",
        null,
        null,
        DIGEST,
        null,
        List.of("a.Service"),
        List.of("package a.b"),
        problems,
        null);
  }

  @Override
  public List<PluginProblem> why(String name) {
    return problems;
  }

  @Override
  public PluginCandidate examine(PluginSource source, Operation operation) {
    calls.add("examine " + source.location());
    return new PluginCandidate("org.example.greeting", "1.0.0", null, null, DIGEST, null);
  }

  @Override
  public Plugin install(PluginSource source, Operation operation) {
    calls.add("install " + source.location() + " " + source.sha256());
    return plugin("org.example.greeting", PluginState.ACTIVE, false, null);
  }

  @Override
  public PluginRemoval remove(String name, Operation operation) {
    calls.add("remove " + name);
    return new PluginRemoval(name, "1.0.0", owing);
  }

  @Override
  public PluginUpdate update(String name, PluginSource source, Operation operation) {
    calls.add("update " + name + " " + (source == null ? "its own jar" : source.location()));
    return ended(name);
  }

  @Override
  public PluginUpdate await(String name, Operation operation) {
    return ended(name);
  }

  private PluginUpdate ended(String name) {
    boolean running = outcome == State.RUNNING;
    return new PluginUpdate(
        name,
        "1.0.0",
        "1.1.0",
        DIGEST,
        outcome,
        outcome == State.REVERTED ? "it does not start" : null,
        START,
        running ? null : START.plusMillis(250));
  }
}
