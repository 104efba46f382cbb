// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Machines whose disks are there and whose records are not, as after an older database was put
 * back. No operation leaves such a one behind: a deletion removes the record last. So they are
 * somebody's work, and kept.
 *
 * @param machines where the machines' directories lie
 */
record LostMachines(Path machines) {
  private static final String ID = "[0-9a-f]{12}";
  private static final String DISK = "(root|work)\\.(raw|qcow2)";

  /** Whether a machine that has no record is one. */
  boolean contains(String vmId) {
    return !Intent.ofDeletion(machines, vmId).declared() && hasDisk(machines.resolve(vmId));
  }

  /**
   * Their directories.
   *
   * @param recorded the ids of the machines that have records
   */
  List<Path> besides(Set<String> recorded) {
    List<Path> lost = new ArrayList<>();
    if (!Files.isDirectory(machines)) {
      return lost;
    }
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(machines)) {
      for (Path directory : directories) {
        String id = directory.getFileName().toString();
        if (id.matches(ID) && !recorded.contains(id) && contains(id)) {
          lost.add(directory);
        }
      }
    } catch (IOException e) {
      throw DurableFiles.failed("cannot list " + machines, e);
    }
    return lost;
  }

  private static boolean hasDisk(Path directory) {
    try (DirectoryStream<Path> disks =
        Files.newDirectoryStream(directory, file -> file.getFileName().toString().matches(DISK))) {
      return disks.iterator().hasNext();
    } catch (IOException e) {
      return false; // not a directory, or gone
    }
  }
}
