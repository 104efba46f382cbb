// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.imagesource;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.image.ImageSource;
import dev.banger.image.SourceImage;
import dev.banger.operation.Operation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Images of root file systems that lie in a directory: {@code dir:/srv/root}. */
@Component
public final class DirectorySource implements ImageSource {
  private static final String PREFIX = "dir:";

  private final HostCommands host;

  @Activate
  public DirectorySource(@Reference HostCommands host) {
    this.host = host;
  }

  @Override
  public Optional<SourceImage> find(String reference) {
    if (!reference.startsWith(PREFIX)) {
      return Optional.empty();
    }
    Path root = Path.of(reference.substring(PREFIX.length())).normalize();
    if (!root.isAbsolute() || root.getNameCount() == 0) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, "give the directory by its absolute path: dir:/srv/root");
    }
    return Optional.of(new DirectoryImage(root, host));
  }

  private record DirectoryImage(Path root, HostCommands host) implements SourceImage {
    @Override
    public String name() {
      return root.getFileName().toString();
    }

    @Override
    public String origin() {
      return PREFIX + root;
    }

    /** All files belong to root in the image, whoever has them here. */
    @Override
    public Content fetch(Path directory, Operation operation) {
      if (!Files.isDirectory(root)) {
        throw new BangerException(ErrorCode.NOT_FOUND, "there is no directory " + root);
      }
      Path tar = directory.resolve("root.tar");
      CommandResult result =
          host.run(
              HostCommand.of(
                  "tar",
                  "--create",
                  "--file=" + tar,
                  "--directory=" + root,
                  "--one-file-system",
                  "--numeric-owner",
                  "--owner=0",
                  "--group=0",
                  "."),
              operation);
      if (!result.succeeded()) {
        throw new BangerException(
            ErrorCode.OPERATION_FAILED, "%s cannot be read: %s".formatted(root, result.stderr()));
      }
      return Content.of(tar);
    }
  }
}
