// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.interfaces.EdECPrivateKey;
import java.util.Arrays;
import java.util.Base64;

/**
 * A fresh ed25519 key in the form of OpenSSH's files (PROTOCOL.key of OpenSSH, RFC 8709).
 *
 * @param privateFile the content of the private key's file, without a passphrase
 * @param publicLine the public key: {@code ssh-ed25519 BASE64 COMMENT}
 */
record OpenSshKey(String privateFile, String publicLine) {
  private static final String TYPE = "ssh-ed25519";
  private static final int KEY_BYTES = 32;
  private static final int BLOCK = 8;

  /** Makes a key. */
  static OpenSshKey generate(String comment) {
    try {
      KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      // X.509's SubjectPublicKeyInfo of this algorithm ends with the 32 bytes of the key.
      byte[] encoded = pair.getPublic().getEncoded();
      byte[] point = Arrays.copyOfRange(encoded, encoded.length - KEY_BYTES, encoded.length);
      byte[] seed = ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow();
      byte[] publicBlob = blob(out -> text(out, TYPE), out -> bytes(out, point));
      return new OpenSshKey(
          privateFile(publicBlob, seed, point, comment),
          TYPE + " " + Base64.getEncoder().encodeToString(publicBlob) + " " + comment);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java runtime has no Ed25519", e);
    }
  }

  private static String privateFile(byte[] publicBlob, byte[] seed, byte[] point, String comment) {
    int check = new SecureRandom().nextInt();
    byte[] secret =
        blob(
            out -> out.writeInt(check),
            out -> out.writeInt(check),
            out -> text(out, TYPE),
            out -> bytes(out, point),
            out -> bytes(out, concatenated(seed, point)),
            out -> text(out, comment));
    byte[] file =
        blob(
            out -> out.write("openssh-key-v1\0".getBytes(StandardCharsets.US_ASCII)),
            out -> text(out, "none"),
            out -> text(out, "none"),
            out -> text(out, ""),
            out -> out.writeInt(1),
            out -> bytes(out, publicBlob),
            out -> bytes(out, padded(secret)));
    return "-----BEGIN OPENSSH PRIVATE KEY-----\n"
        + Base64.getMimeEncoder(70, new byte[] {'\n'}).encodeToString(file)
        + "\n-----END OPENSSH PRIVATE KEY-----\n";
  }

  private static byte[] padded(byte[] secret) {
    byte[] padded = Arrays.copyOf(secret, (secret.length + BLOCK - 1) / BLOCK * BLOCK);
    for (int i = secret.length; i < padded.length; i++) {
      padded[i] = (byte) (i - secret.length + 1);
    }
    return padded;
  }

  private static byte[] concatenated(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    bytes(out, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void bytes(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static byte[] blob(Part... parts) {
    ByteArrayOutputStream blob = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(blob)) {
      for (Part part : parts) {
        part.write(out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return blob.toByteArray();
  }

  @FunctionalInterface
  private interface Part {
    void write(DataOutputStream out) throws IOException;
  }
}
