// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.workseed;

import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.List;

/** The bytes of runs, one after the other; the operation's end ends the reading. */
final class RunsInputStream extends InputStream {
  private final Ext4Volume volume;
  private final Iterator<BlockRun> runs;
  private final Operation operation;
  private long position;
  private long left;

  RunsInputStream(Ext4Volume volume, List<BlockRun> runs, Operation operation) {
    this.volume = volume;
    this.runs = runs.iterator();
    this.operation = operation;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    operation.check();
    if (length == 0) {
      return 0;
    }
    while (left == 0) {
      if (!runs.hasNext()) {
        return -1;
      }
      BlockRun run = runs.next();
      position = run.position();
      left = run.length();
    }
    int count = (int) Math.min(length, left);
    volume.read(position, target, offset, count);
    position += count;
    left -= count;
    return count;
  }
}
