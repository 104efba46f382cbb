// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a person would type instead of {@code image pull}. */
final class ImageByHand {
  /** As large as banger makes images. */
  private static final String SIZE = "8G";

  private final HostTool skopeo = HostTool.require("skopeo");
  private final HostTool umoci = HostTool.require("umoci");
  private final HostTool mkfs = HostTool.require("mkfs.ext4");
  private final boolean root = System.getProperty("user.name").equals("root");
  private final Path layout;
  private final Path bundle;
  private final Path rootfs;

  ImageByHand(Path directory) throws IOException {
    Files.createDirectories(directory);
    layout = directory.resolve("layout");
    bundle = directory.resolve("bundle");
    rootfs = directory.resolve("rootfs.ext4");
  }

  /** The commands, in words. */
  String unpacking() {
    return root ? "umoci unpack (root) + mkfs.ext4 -d" : "umoci unpack --rootless + mkfs.ext4 -d";
  }

  /** Fetches the layers; returns the milliseconds that took. */
  double fetchMillis(String reference) throws IOException, InterruptedException {
    TemporaryDirectory.remove(layout);
    return skopeo.run(
        "--insecure-policy",
        "copy",
        "-q",
        "--src-tls-verify=false",
        "docker://" + reference,
        "oci:" + layout + ":latest");
  }

  /** Makes a file system of the layers fetched last; returns the milliseconds that took. */
  double makeMillis() throws IOException, InterruptedException {
    clear();
    String image = layout + ":latest";
    double unpacked =
        root
            ? umoci.run("unpack", "--image", image, bundle.toString())
            : umoci.run("unpack", "--rootless", "--image", image, bundle.toString());
    return unpacked
        + mkfs.run("-q", "-F", "-d", bundle.resolve("rootfs").toString(), rootfs.toString(), SIZE);
  }

  /** Removes what was made last; the layers stay. */
  void clear() throws IOException {
    TemporaryDirectory.remove(bundle);
    TemporaryDirectory.remove(rootfs);
  }
}
