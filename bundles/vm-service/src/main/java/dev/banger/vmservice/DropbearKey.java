// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * An ed25519 key in the form of dropbear's files: its type and the 64 bytes of seed and public key,
 * each behind its length (signkey.c of dropbear).
 */
final class DropbearKey {
  private static final byte[] MAGIC = "openssh-key-v1\0".getBytes(StandardCharsets.US_ASCII);
  private static final String TYPE = "ssh-ed25519";
  private static final int SECRET_BYTES = 64;

  private DropbearKey() {}

  /**
   * Converts the content of one of OpenSSH's files (PROTOCOL.key of OpenSSH).
   *
   * @throws BangerException CORRUPT when it is not an ed25519 key without a passphrase
   */
  static byte[] ofOpenSsh(String privateFile) {
    try {
      String body = privateFile.replaceAll("-----[A-Z ]+-----|\\s", "");
      ByteBuffer file = ByteBuffer.wrap(Base64.getDecoder().decode(body));
      byte[] magic = new byte[MAGIC.length];
      file.get(magic);
      String cipher = text(file);
      bytes(file); // of the key derivation: name
      bytes(file); // and options
      int keys = file.getInt();
      bytes(file); // public key
      ByteBuffer secrets = ByteBuffer.wrap(bytes(file));
      int check = secrets.getInt();
      boolean same = check == secrets.getInt();
      String type = text(secrets);
      bytes(secrets); // public key
      byte[] secret = bytes(secrets);
      if (Arrays.equals(magic, MAGIC)
          && cipher.equals("none")
          && keys == 1
          && same
          && type.equals(TYPE)
          && secret.length == SECRET_BYTES) {
        return file(secret);
      }
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      throw unusable(e);
    }
    throw unusable(null);
  }

  private static byte[] file(byte[] secret) {
    byte[] type = TYPE.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(2 * Integer.BYTES + type.length + secret.length)
        .putInt(type.length)
        .put(type)
        .putInt(secret.length)
        .put(secret)
        .array();
  }

  private static String text(ByteBuffer in) {
    return new String(bytes(in), StandardCharsets.US_ASCII);
  }

  private static byte[] bytes(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  private static BangerException unusable(RuntimeException cause) {
    return new BangerException(
        ErrorCode.CORRUPT,
        "a machine's ssh host key is not an ed25519 key of OpenSSH without a passphrase",
        cause);
  }
}
