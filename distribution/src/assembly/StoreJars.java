// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Rewrites the jars below directories without compression: at each start the framework reads every
 * class from them, also those that the class archive holds.
 */
final class StoreJars {
  public static void main(String[] arguments) throws IOException {
    for (String directory : arguments) {
      List<Path> jars;
      try (Stream<Path> files = Files.walk(Path.of(directory))) {
        jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
      }
      for (Path jar : jars) {
        store(jar);
      }
    }
  }

  private static void store(Path jar) throws IOException {
    Path stored = jar.resolveSibling(jar.getFileName() + ".stored");
    try (ZipFile from = new ZipFile(jar.toFile())) {
      if (from.stream().allMatch(entry -> entry.getMethod() == ZipEntry.STORED)) {
        return;
      }
      try (OutputStream file = Files.newOutputStream(stored);
          ZipOutputStream to = new ZipOutputStream(file)) {
        to.setMethod(ZipOutputStream.STORED);
        for (ZipEntry entry : from.stream().toList()) {
          copy(from, entry, to);
        }
      }
    }
    // The build copies a jar again when its time has changed.
    Files.setLastModifiedTime(stored, Files.getLastModifiedTime(jar));
    Files.move(stored, jar, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void copy(ZipFile from, ZipEntry entry, ZipOutputStream to) throws IOException {
    ZipEntry stored = new ZipEntry(entry.getName());
    stored.setTime(entry.getTime());
    stored.setSize(entry.getSize());
    stored.setCrc(entry.getCrc());
    to.putNextEntry(stored);
    try (InputStream content = from.getInputStream(entry)) {
      content.transferTo(to);
    }
    to.closeEntry();
  }
}
