// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.host.BangerDirectories;
import dev.banger.hypervisor.Disk;
import dev.banger.vm.Vm;
import dev.banger.vm.VmFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Where the files of machines lie. */
final class MachineFiles {
  /** The form of a machine's id, which names its directories. */
  static final Pattern ID = Pattern.compile("[0-9a-f]{12}");

  private static final String DELETED = ".deleted";

  private final Path machines;
  private final Path runtimes;

  MachineFiles(BangerDirectories directories) {
    this.machines = directories.state().resolve("vms");
    this.runtimes = directories.run().resolve("vm");
  }

  /** The files of a new machine. The root disk's name tells its format for good. */
  VmFiles of(String id, Disk.Format rootFormat) {
    Path directory = machines.resolve(id);
    return new VmFiles(
        directory,
        directory.resolve("root." + rootFormat.label()),
        directory.resolve("config.tar"),
        directory.resolve("console.log"),
        directory.resolve("handles.json"));
  }

  /** The root disk of a machine, as its name tells. */
  static Disk rootDisk(Vm vm) {
    boolean raw =
        vm.files().rootDisk().getFileName().toString().endsWith("." + Disk.Format.RAW.label());
    return new Disk(
        "root", vm.files().rootDisk(), raw ? Disk.Format.RAW : Disk.Format.QCOW2, false);
  }

  /** The directory of a machine's run: sockets. */
  Path runtime(String id) {
    return runtimes.resolve(id);
  }

  /** The directory of all machines. */
  Path machines() {
    return machines;
  }

  /** What a machine's directory is called once its deletion has begun. */
  Path deleted(String id) {
    return machines.resolve(id + DELETED);
  }

  /** The ids that have a directory of any kind. */
  List<String> idsOnDisk() {
    List<String> ids = new ArrayList<>();
    for (Path parent : List.of(machines, runtimes)) {
      for (Path directory : children(parent)) {
        String name = directory.getFileName().toString();
        String id =
            name.endsWith(DELETED) ? name.substring(0, name.length() - DELETED.length()) : name;
        if (ID.matcher(id).matches() && !ids.contains(id)) {
          ids.add(id);
        }
      }
    }
    return ids;
  }

  /** Whether a machine's VMM ran and was not cleared away. */
  boolean hasRuntime(Vm vm) {
    return Files.exists(vm.files().handles()) || Files.exists(runtime(vm.id()));
  }

  private static List<Path> children(Path parent) {
    Predicate<Path> isDirectory = Files::isDirectory;
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(parent, isDirectory::test)) {
      List<Path> children = new ArrayList<>();
      stream.forEach(children::add);
      return children;
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw DurableFiles.failed("cannot list " + parent, e);
    }
  }
}
