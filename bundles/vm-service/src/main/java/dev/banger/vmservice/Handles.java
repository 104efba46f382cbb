// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.vm.Vm;
import dev.banger.wire.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What finds a running VMM again: the file in the machine's directory, which is written before
 * anybody relies on it, and its mirror in the record.
 */
final class Handles {
  private static final Logger LOG = LoggerFactory.getLogger(Handles.class);

  /** A handle has some hundred bytes; whatever is much larger is not one. */
  private static final long LARGEST_FILE = 64 * 1024;

  private static final Pattern ID = Pattern.compile("[0-9a-f]{12}");

  private final Json json;

  Handles(Json json) {
    this.json = json;
  }

  void write(Vm vm, MachineHandle handle) {
    DurableFiles.write(
        vm.files().handles(), json.writePretty(handle).getBytes(StandardCharsets.UTF_8));
  }

  void delete(Vm vm) {
    DurableFiles.delete(vm.files().handles());
  }

  /**
   * What names the running VMM of a machine.
   *
   * @param inFile whether the file says so
   */
  record Found(MachineHandle handle, boolean inFile) {}

  boolean fileExists(Vm vm) {
    return Files.exists(vm.files().handles());
  }

  /** What may name the running VMM: the file, then the record. */
  List<MachineHandle> candidates(Vm vm) {
    return Stream.concat(read(vm).stream(), Stream.ofNullable(vm.machine())).distinct().toList();
  }

  /** The first candidate that is alive. */
  Optional<MachineHandle> findAlive(Vm vm, Predicate<MachineHandle> alive) {
    return find(vm, alive).map(Found::handle);
  }

  /** As {@link #findAlive}, with where it was found. */
  Optional<Found> find(Vm vm, Predicate<MachineHandle> alive) {
    Optional<MachineHandle> inFile = read(vm);
    if (inFile.filter(alive).isPresent()) {
      return Optional.of(new Found(inFile.get(), true));
    }
    return Optional.ofNullable(vm.machine())
        .filter(recorded -> !inFile.equals(Optional.of(recorded)))
        .filter(alive)
        .map(recorded -> new Found(recorded, false));
  }

  /** Makes the file say what names the running VMM, unless it does. */
  void repair(Vm vm, Found running) {
    if (!running.inFile()) {
      LOG.info("{} is written again", vm.files().handles());
      write(vm, running.handle());
    }
  }

  private static boolean isOf(Vm vm, MachineHandle handle) {
    return handle != null
        && handle.pid() > 1
        && vm.hypervisor().equals(handle.hypervisor())
        && handle.bootId() != null
        && handle.controlSocket() != null
        && handle.agentSocket() != null
        && !isInDirectoryOfAnother(vm, handle.controlSocket());
  }

  /** Whoever takes the handle of another machine for this one's would end that one. */
  private static boolean isInDirectoryOfAnother(Vm vm, Path socket) {
    Path directory = socket.toAbsolutePath().getParent();
    return directory != null
        && directory.getNameCount() > 0
        && ID.matcher(directory.getFileName().toString()).matches()
        && !directory.endsWith(vm.id());
  }

  private Optional<MachineHandle> read(Vm vm) {
    try {
      if (!fileExists(vm) || Files.size(vm.files().handles()) > LARGEST_FILE) {
        return Optional.empty();
      }
      MachineHandle handle = json.read(Files.readString(vm.files().handles()), MachineHandle.class);
      if (!isOf(vm, handle)) {
        throw new IOException("it names no process of this machine");
      }
      return Optional.of(handle);
    } catch (IOException | BangerException e) {
      LOG.warn(
          "{} is damaged; the record is used instead: {}", vm.files().handles(), e.getMessage());
      return Optional.empty();
    }
  }
}
