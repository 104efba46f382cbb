// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class DropbearKeyTest {
  private final OpenSshKey key = OpenSshKey.generate("vm");

  @Test
  void a_key_is_its_type_its_seed_and_its_public_half() throws GeneralSecurityException {
    ByteBuffer file = ByteBuffer.wrap(DropbearKey.ofOpenSsh(key.privateFile()));

    assertThat(new String(bytes(file), StandardCharsets.US_ASCII)).isEqualTo("ssh-ed25519");
    byte[] secret = bytes(file);
    assertThat(file.hasRemaining()).isFalse();
    assertThat(secret).hasSize(64);
    byte[] point = Arrays.copyOfRange(secret, 32, 64);
    byte[] published = Base64.getDecoder().decode(key.publicLine().split(" ")[1]);
    assertThat(published).endsWith(point);
    assertThat(belongTogether(Arrays.copyOf(secret, 32), point)).isTrue();
  }

  @Test
  void what_is_no_such_key_is_refused() {
    String good = key.privateFile();
    for (String bad :
        new String[] {
          "", "no key", good.substring(0, good.length() / 2), good.replace("b3Blb", "b3Bla")
        }) {
      assertThatThrownBy(() -> DropbearKey.ofOpenSsh(bad))
          .as(bad)
          .isInstanceOfSatisfying(
              BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT));
    }
  }

  private static byte[] bytes(ByteBuffer in) {
    byte[] bytes = new byte[in.getInt()];
    in.get(bytes);
    return bytes;
  }

  private static boolean belongTogether(byte[] seed, byte[] point) throws GeneralSecurityException {
    KeyFactory keys = KeyFactory.getInstance("Ed25519");
    PrivateKey secret =
        keys.generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
    // X.509's SubjectPublicKeyInfo of this algorithm is this and the key.
    byte[] encoded = HexFormat.of().parseHex("302a300506032b6570032100" + "00".repeat(32));
    System.arraycopy(point, 0, encoded, 12, 32);
    PublicKey open = keys.generatePublic(new X509EncodedKeySpec(encoded));
    Signature signature = Signature.getInstance("Ed25519");
    signature.initSign(secret);
    signature.update(seed);
    byte[] signed = signature.sign();
    signature.initVerify(open);
    signature.update(seed);
    return signature.verify(signed);
  }
}
