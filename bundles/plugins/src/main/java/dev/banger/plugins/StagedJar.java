// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A copy of a jar that nobody else writes to, until it is closed.
 *
 * @param file the copy
 * @param facts what it tells of itself
 */
record StagedJar(Path file, JarFacts facts) implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StagedJar.class);

  @Override
  public void close() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("{} could not be removed", file, e);
    }
  }
}
