// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.io.IOException;
import java.util.Optional;

/** Replaces a file that no running daemon has to do with. */
final class FileStep implements ReleaseStep {
  private final ReleaseStage stage;
  private final String path;

  FileStep(ReleaseStage stage, String path) {
    this.stage = stage;
    this.path = path;
  }

  @Override
  public String name() {
    return path;
  }

  @Override
  public Optional<String> make() {
    return put(() -> stage.place(path));
  }

  @Override
  public Optional<String> undo() {
    return put(() -> stage.returnPrevious(path));
  }

  private interface Act {
    void run() throws IOException;
  }

  private static Optional<String> put(Act act) {
    try {
      act.run();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(Exceptions.told(e));
    }
  }
}
