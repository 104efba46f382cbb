// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.osgi.framework.Bundle;

/** What a bundle consists of: the framework has a copy of its jar and tells of that alone. */
final class BundleContent {
  private static final int BLOCK = 64 << 10;

  private BundleContent() {}

  /** Whether a bundle was installed or updated from a jar like that one, byte by byte. */
  static boolean isOf(Bundle bundle, Path file) {
    try (ZipFile jar = new ZipFile(file.toFile())) {
      List<? extends ZipEntry> entries = jar.stream().filter(each -> !each.isDirectory()).toList();
      for (ZipEntry each : entries) {
        if (!hasEntry(bundle, jar, each)) {
          return false;
        }
      }
      return entries.size() == count(bundle, "");
    } catch (IOException | RuntimeException e) {
      return false; // It is no jar, or the bundle is refreshed or uninstalled just now.
    }
  }

  private static boolean hasEntry(Bundle bundle, ZipFile jar, ZipEntry entry) throws IOException {
    URL own = bundle.getEntry(entry.getName());
    if (own == null) {
      return false;
    }
    try (InputStream expected = jar.getInputStream(entry);
        InputStream present = own.openStream()) {
      byte[] block = expected.readNBytes(BLOCK);
      while (Arrays.equals(block, present.readNBytes(BLOCK))) {
        if (block.length < BLOCK) {
          return true;
        }
        block = expected.readNBytes(BLOCK);
      }
      return false;
    }
  }

  private static int count(Bundle bundle, String directory) {
    Enumeration<String> paths = bundle.getEntryPaths(directory);
    int count = 0;
    if (paths != null) {
      for (String each : Collections.list(paths)) {
        count += each.endsWith("/") ? count(bundle, each) : 1;
      }
    }
    return count;
  }
}
