// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** Bundles that tests make. */
final class BundleFile {
  private BundleFile() {}

  /** Writes a bundle of one class. */
  static Path of(Class<?> type, Map<String, String> headers, Path file) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Bundle-ManifestVersion", "2");
    headers.forEach(manifest.getMainAttributes()::putValue);
    String entry = type.getName().replace('.', '/') + ".class";
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file), manifest);
        InputStream bytes = type.getClassLoader().getResourceAsStream(entry)) {
      jar.putNextEntry(new JarEntry(entry));
      bytes.transferTo(jar);
    }
    return file;
  }

  /** Copies a bundle under another version. */
  static Path withVersion(Path bundle, String version, Path file) throws IOException {
    return with("Bundle-Version", version, bundle, file);
  }

  /** Copies a bundle with another value of one of its headers. */
  static Path with(String header, String value, Path bundle, Path file) throws IOException {
    return copy(bundle, headers -> headers.putValue(header, value), file);
  }

  /** Copies a bundle without one of its headers. */
  static Path without(String header, Path bundle, Path file) throws IOException {
    return copy(bundle, headers -> headers.remove(new Attributes.Name(header)), file);
  }

  private static Path copy(Path bundle, Consumer<Attributes> change, Path file) throws IOException {
    try (JarFile from = new JarFile(bundle.toFile())) {
      Manifest manifest = new Manifest(from.getManifest());
      change.accept(manifest.getMainAttributes());
      try (OutputStream out = Files.newOutputStream(file);
          JarOutputStream to = new JarOutputStream(out, manifest)) {
        for (JarEntry entry : from.stream().toList()) {
          if (!entry.getName().equals(JarFile.MANIFEST_NAME)) {
            to.putNextEntry(new JarEntry(entry.getName()));
            try (InputStream content = from.getInputStream(entry)) {
              content.transferTo(to);
            }
          }
        }
      }
    }
    return file;
  }
}
