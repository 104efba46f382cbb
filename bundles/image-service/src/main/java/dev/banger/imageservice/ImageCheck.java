// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.error.BangerException;
import dev.banger.host.BangerDirectories;
import dev.banger.image.Image;
import dev.banger.operation.Operation;
import dev.banger.store.ImageStore;
import dev.banger.wire.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Whether the files of all images are there, work seeds included, and nothing else beside them. */
@Component
public final class ImageCheck implements DoctorCheck {
  private static final String NAME = "images";

  private final ImageStore store;
  private final ImageFiles files;

  @Activate
  public ImageCheck(
      @Reference ImageStore store, @Reference BangerDirectories directories, @Reference Json json) {
    this(store, directories.state().resolve("images"), json);
  }

  ImageCheck(ImageStore store, Path directory, Json json) {
    this.store = store;
    this.files = new ImageFiles(directory, json);
  }

  @Override
  public List<Finding> examine(Operation operation) {
    List<Finding> findings = new ArrayList<>();
    try {
      List<Image> images = store.list();
      images.forEach(image -> examine(image, findings));
      for (Path stray : files.strays(images)) {
        findings.add(
            Finding.warn(
                NAME,
                stray + " belongs to no image",
                "remove it once you have looked that nothing in it is needed"));
      }
      if (findings.isEmpty()) {
        findings.add(Finding.pass(NAME, images.size() + " images, all whole"));
      }
    } catch (BangerException | IOException e) {
      findings.add(
          Finding.warn(NAME, "the images cannot be looked at: " + e.getMessage(), "see the log"));
    }
    return findings;
  }

  private static void examine(Image image, List<Finding> findings) {
    try {
      ImageFiles.requireWhole(image);
      requireWorkSeed(image, findings);
    } catch (BangerException e) {
      String message = e.getMessage();
      int remedy = message.lastIndexOf("; ");
      findings.add(Finding.warn(NAME, message.substring(0, remedy), message.substring(remedy + 2)));
    }
  }

  /** A registered image has none as long as it is not promoted. */
  private static void requireWorkSeed(Image image, List<Finding> findings) {
    if (image.unmanaged() || (image.workSeed() != null && Files.isReadable(image.workSeed()))) {
      return;
    }
    findings.add(
        Finding.warn(
            NAME,
            "image \"%s\" has no work seed: machines do not get what it has in /root on a work disk"
                .formatted(image.name()),
            "make it with \"banger image refresh-seed %s\", which tells why when it cannot"
                .formatted(image.name())));
  }
}
