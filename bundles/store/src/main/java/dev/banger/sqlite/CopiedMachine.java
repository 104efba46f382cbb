// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The row of a machine in an old copy. The copy does not know what was started since: a machine
 * whose run has a file of handles is recorded as running, so that nobody starts it twice or takes
 * its VMM for the rest of an earlier run. Whether it lives is found out as after a crash.
 */
final class CopiedMachine {
  private CopiedMachine() {}

  /**
   * The row as the machine is found.
   *
   * @param row a whole one
   */
  static Map<String, Object> asFound(Map<String, Object> row) throws IOException {
    RecordCodec<Vm> codec = RecordTable.MACHINES.codec();
    Vm vm = codec.decode(RecordTable.MACHINES.name(), String.valueOf(row.get("document")));
    if (vm.state() == VmState.RUNNING) {
      return row;
    }
    try {
      Instant started = Files.getLastModifiedTime(vm.files().handles()).toInstant();
      Vm running = vm.running(null, started.truncatedTo(ChronoUnit.SECONDS));
      Map<String, Object> found = new LinkedHashMap<>(row);
      found.put("state", VmState.RUNNING.name().toLowerCase(Locale.ROOT));
      found.put("document", codec.encode(running));
      return found;
    } catch (NoSuchFileException e) {
      return row;
    }
  }
}
