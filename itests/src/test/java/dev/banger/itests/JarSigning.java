// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipFile;
import jdk.security.jarsigner.JarSigner;

/** Signs jars with a key of its own. */
final class JarSigning {
  /** The subject of its certificate. */
  static final String SIGNER = "CN=Ada Example";

  private static final String PASSWORD = "changeit";

  private final KeyStore.PrivateKeyEntry key;

  /**
   * @param directory where the key is made
   */
  JarSigning(Path directory) throws Exception {
    Path file = directory.resolve("signer.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "signer",
                "-keyalg",
                "EC",
                "-dname",
                SIGNER,
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.log").toFile())
            .start();
    assertThat(keytool.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(keytool.exitValue()).as("keytool's status").isZero();
    KeyStore store = KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    this.key =
        (KeyStore.PrivateKeyEntry)
            store.getEntry("signer", new KeyStore.PasswordProtection(PASSWORD.toCharArray()));
  }

  /** Writes a signed copy of a jar. */
  Path sign(Path jar, Path target) throws IOException {
    try (ZipFile from = new ZipFile(jar.toFile());
        OutputStream to = Files.newOutputStream(target)) {
      new JarSigner.Builder(key).build().sign(from, to);
    }
    return target;
  }

  /** Writes a copy of a jar in which one entry has another content. */
  static Path withOtherContent(Path jar, Path target) throws IOException {
    try (JarFile from = new JarFile(jar.toFile(), false);
        JarOutputStream to = new JarOutputStream(Files.newOutputStream(target))) {
      for (JarEntry entry : from.stream().toList()) {
        to.putNextEntry(new JarEntry(entry.getName()));
        try (InputStream content = from.getInputStream(entry)) {
          content.transferTo(to);
        }
        if (entry.getName().equals("OSGI-INF/component.xml")) {
          to.write('\n');
        }
      }
    }
    return target;
  }
}
