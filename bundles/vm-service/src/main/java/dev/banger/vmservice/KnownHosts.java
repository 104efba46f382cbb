// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.vm.Vm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The installation's own known_hosts file: one line a machine. */
@Component(service = KnownHosts.class)
public final class KnownHosts {
  private final Path file;

  @Activate
  public KnownHosts(@Reference SshIdentity identity) {
    this.file = identity.knownHostsFile();
  }

  Path file() {
    return file;
  }

  /** Writes down the host key of a machine; there already: nothing happens. */
  synchronized void add(Vm vm) {
    String key = SshIdentity.hostPublicLine(vm);
    String line = SshIdentity.hostAlias(vm) + " " + key;
    List<String> lines = lines();
    if (lines.contains(line)) {
      return;
    }
    lines.removeIf(other -> isOf(vm, other));
    lines.add(line);
    write(lines);
  }

  /** Forgets a machine; not known: nothing happens. */
  synchronized void remove(Vm vm) {
    List<String> lines = lines();
    if (lines.removeIf(line -> isOf(vm, line))) {
      write(lines);
    }
  }

  private static boolean isOf(Vm vm, String line) {
    return line.startsWith(SshIdentity.hostAlias(vm) + " ");
  }

  private List<String> lines() {
    try {
      return Files.exists(file) ? new ArrayList<>(Files.readAllLines(file)) : new ArrayList<>();
    } catch (IOException e) {
      throw DurableFiles.failed("cannot read " + file, e);
    }
  }

  private void write(List<String> lines) {
    DurableFiles.makeDirectory(file.getParent());
    String text = lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    DurableFiles.write(file, text.getBytes(StandardCharsets.UTF_8));
  }
}
