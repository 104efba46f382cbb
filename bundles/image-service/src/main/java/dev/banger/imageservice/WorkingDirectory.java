// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.banger.ext4.Ext4Exception;
import dev.banger.ext4.Ext4ImageWriter;
import dev.banger.ext4.Ext4Path;
import dev.banger.imageservice.layers.LayeredImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Makes the directory in which an image's maker wants processes to be started, where the layers do
 * not have it: container engines make it when they start a container.
 *
 * <p>What is no path for a process (relative, with {@code ..}, longer than Linux takes) or leads
 * through something other than directories is left alone: starting a process there then fails.
 */
public final class WorkingDirectory implements LayeredImage.Additions {
  /** PATH_MAX of include/uapi/linux/limits.h without the NUL at the end. */
  private static final int LONGEST_PATH = 4095;

  private final Optional<Ext4Path> path;

  private WorkingDirectory(Optional<Ext4Path> path) {
    this.path = path;
  }

  /**
   * A working directory.
   *
   * @param name as the image's maker wrote it: anything
   */
  public static WorkingDirectory of(String name) {
    return new WorkingDirectory(parse(name));
  }

  private static Optional<Ext4Path> parse(String name) {
    if (!name.startsWith("/") || name.getBytes(UTF_8).length > LONGEST_PATH) {
      return Optional.empty();
    }
    List<byte[]> names = new ArrayList<>();
    Arrays.stream(name.split("/"))
        .filter(each -> !each.isEmpty() && !each.equals("."))
        .forEach(each -> names.add(each.getBytes(UTF_8)));
    try {
      return Optional.of(Ext4Path.of(names));
    } catch (Ext4Exception e) {
      return Optional.empty();
    }
  }

  @Override
  public void write(Ext4ImageWriter image) throws IOException {
    if (path.isPresent()) {
      image.directories(path.get());
    }
  }
}
