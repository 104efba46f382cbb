// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.operation.Operation;
import dev.banger.plugin.PluginUpdate;
import dev.banger.plugin.PluginUpdate.State;
import java.nio.file.Path;
import java.util.Optional;
import org.osgi.framework.Bundle;

/** Replaces a bundle of {@code system/} as {@code plugin update} does. */
final class BundleStep implements ReleaseStep {
  private final Bundle bundle;
  private final StagedJar fresh;
  private final StagedJar previous;
  private final Installation installation;
  private final Updates updates;
  private final Wirings wirings;
  private final Operation operation;
  private final Snapshot before;

  BundleStep(
      Bundle bundle,
      String path,
      ReleaseStage stage,
      Installation installation,
      Updates updates,
      Wirings wirings,
      Operation operation) {
    this.bundle = bundle;
    this.fresh = jar(stage.fresh().resolve(path));
    this.previous = jar(stage.previous().resolve(path));
    this.installation = installation;
    this.updates = updates;
    this.wirings = wirings;
    this.operation = operation;
    this.before = updates.snapshot(bundle);
  }

  /** A jar that the stage keeps. */
  static StagedJar jar(Path file) {
    return new StagedJar(file, JarFacts.of(file));
  }

  @Override
  public String name() {
    return bundle.getSymbolicName() + " " + fresh.facts().version();
  }

  @Override
  public Optional<String> make() {
    return exchange(previous, fresh);
  }

  @Override
  public Optional<String> undo() {
    return exchange(fresh, previous);
  }

  private Optional<String> exchange(StagedJar from, StagedJar to) {
    Path file = installation.file(bundle).orElseThrow();
    SystemReplacement replacement = new SystemReplacement(bundle, file, to, from, wirings);
    PluginUpdate unused =
        updates.begin(bundle, to.facts(), replacement, before, () -> {}, operation);
    PluginUpdate ended = updates.await(to.facts().name(), Operation.background());
    return ended.state() == State.DONE ? Optional.empty() : Optional.of(UpdateWords.failure(ended));
  }
}
