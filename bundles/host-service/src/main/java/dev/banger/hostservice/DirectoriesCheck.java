// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.host.BangerDirectories;
import dev.banger.operation.Operation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Looks whether the daemon's directories are still there and can be written. */
@Component
public final class DirectoriesCheck implements DoctorCheck {
  private final BangerDirectories directories;

  @Activate
  public DirectoriesCheck(@Reference BangerDirectories directories) {
    this.directories = directories;
  }

  @Override
  public List<Finding> examine(Operation operation) {
    List<Path> unfit =
        List.of(
                directories.configuration(),
                directories.state(),
                directories.cache(),
                directories.run())
            .stream()
            .filter(path -> !Files.isDirectory(path) || !Files.isWritable(path))
            .toList();
    return List.of(
        unfit.isEmpty()
            ? Finding.pass("directories", "state in " + directories.state())
            : Finding.fail(
                "directories",
                "missing or not writable: " + unfit,
                "make them writable for you, or set BANGER_HOME to a directory of your own, and"
                    + " restart the daemon"));
  }
}
