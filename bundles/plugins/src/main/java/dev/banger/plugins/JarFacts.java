// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.CodeSigner;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * What a jar tells of itself.
 *
 * @param name its symbolic name
 * @param version its version
 * @param headers the main section of its manifest
 * @param sha256 of the file
 * @param signer the subject of the certificate that signed every entry, or null when none did
 */
record JarFacts(
    String name, Version version, Map<String, String> headers, String sha256, String signer) {
  /** Far more than any bundle has; a jar of a few bytes can unpack to any size. */
  private static final long CONTENT_LIMIT = 512L << 20;

  /** As below, for a jar that is here already. */
  static JarFacts of(Path file) {
    return of(file, Operation.background());
  }

  /**
   * Reads a jar whole, its signature included.
   *
   * @throws BangerException BAD_REQUEST when it is no bundle, was changed after it was signed, or
   *     is too large to be one; CANCELLED
   */
  static JarFacts of(Path file, Operation operation) {
    try (JarFile jar = new JarFile(file.toFile(), true)) {
      Manifest manifest = jar.getManifest();
      if (manifest == null) {
        throw new BangerException(
            ErrorCode.BAD_REQUEST, file + " is no bundle: it has no manifest");
      }
      Map<String, String> headers = headers(manifest.getMainAttributes());
      String name = headers.get(Constants.BUNDLE_SYMBOLICNAME);
      if (name == null || !"2".equals(headers.get(Constants.BUNDLE_MANIFESTVERSION))) {
        throw new BangerException(
            ErrorCode.BAD_REQUEST,
            file
                + " is no bundle: its manifest has no Bundle-SymbolicName of Bundle-ManifestVersion 2");
      }
      return new JarFacts(
          symbolicName(name, file),
          Version.parseVersion(headers.get(Constants.BUNDLE_VERSION)),
          headers,
          Digests.sha256(file),
          signer(jar, file, operation));
    } catch (SecurityException e) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, file + " was changed after it was signed: " + e.getMessage(), e);
    } catch (IOException | IllegalArgumentException e) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, file + " is no bundle: " + e.getMessage(), e);
    }
  }

  /** It is also the beginning of a file name. */
  private static String symbolicName(String header, Path file) {
    String name = header.split(";", 2)[0].strip();
    if (!name.matches("[^/.\\p{Cntrl}][^/\\p{Cntrl}]*")) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          file + " is no bundle: '" + name + "' is no name that a file may have");
    }
    return name;
  }

  /** Whether it adds to another bundle instead of being one that starts. */
  boolean isFragment() {
    return headers.containsKey(Constants.FRAGMENT_HOST);
  }

  /** The number of the database's schema that it works with, or null when it has none. */
  String schema() {
    return headers.get("Banger-Schema");
  }

  private static Map<String, String> headers(Attributes attributes) {
    Map<String, String> headers = new LinkedHashMap<>();
    attributes.forEach((key, value) -> headers.put(key.toString(), value.toString()));
    return headers;
  }

  /** The JDK compares entries with their signatures while they are read. */
  private static String signer(JarFile jar, Path file, Operation operation) throws IOException {
    byte[] buffer = new byte[64 << 10];
    long size = 0;
    Set<String> signers = null;
    for (JarEntry entry : jar.stream().toList()) {
      if (entry.isDirectory() || isSignatureFile(entry.getName())) {
        continue;
      }
      try (InputStream in = jar.getInputStream(entry)) {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          operation.check();
          size += n;
          refuseLarge(size, file);
        }
      }
      Set<String> ofEntry = subjects(entry.getCodeSigners());
      if (signers == null) {
        signers = ofEntry;
      } else {
        signers.retainAll(ofEntry);
      }
    }
    return signers == null || signers.isEmpty() ? null : String.join("; ", signers);
  }

  private static void refuseLarge(long size, Path file) {
    if (size > CONTENT_LIMIT) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          file + " unpacks to more than " + (CONTENT_LIMIT >> 20) + " MiB, which no plugin may");
    }
  }

  private static boolean isSignatureFile(String entry) {
    return entry.equals(JarFile.MANIFEST_NAME)
        || entry.matches("META-INF/[^/]+\\.(SF|RSA|DSA|EC)")
        || entry.matches("META-INF/SIG-[^/]+");
  }

  private static Set<String> subjects(CodeSigner[] signers) {
    Set<String> subjects = new LinkedHashSet<>();
    if (signers != null) {
      for (CodeSigner signer : signers) {
        if (signer.getSignerCertPath().getCertificates().get(0) instanceof X509Certificate leaf) {
          subjects.add(leaf.getSubjectX500Principal().getName());
        }
      }
    }
    return subjects;
  }
}
