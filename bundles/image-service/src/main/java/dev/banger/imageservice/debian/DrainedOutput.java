// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A program's output, of which nothing that nobody read keeps the program from ending by itself.
 */
final class DrainedOutput extends FilterInputStream {
  private static final Logger LOG = LoggerFactory.getLogger(DrainedOutput.class);

  DrainedOutput(InputStream output) {
    super(output);
  }

  @Override
  public void close() throws IOException {
    try {
      in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      LOG.debug("a program's output broke off", e);
    }
    super.close();
  }
}
