// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import com.hierynomus.sshj.key.KeyAlgorithms;
import com.hierynomus.sshj.transport.cipher.BlockCiphers;
import com.hierynomus.sshj.userauth.keyprovider.OpenSSHKeyV1KeyFile;
import java.util.List;
import net.schmizz.keepalive.KeepAliveProvider;
import net.schmizz.sshj.ConfigImpl;
import net.schmizz.sshj.common.LoggerFactory;
import net.schmizz.sshj.transport.compression.NoneCompression;
import net.schmizz.sshj.transport.kex.Curve25519SHA256;
import net.schmizz.sshj.transport.mac.HMACSHA2256;
import net.schmizz.sshj.transport.random.JCERandom;
import net.schmizz.sshj.transport.random.SingletonRandomFactory;

/**
 * The algorithms that the guests' ssh servers are asked for: those that the Java runtime has
 * itself, so that no further cryptographic provider is needed.
 */
final class Ed25519SshConfig extends ConfigImpl {
  Ed25519SshConfig() {
    setLoggerFactory(LoggerFactory.DEFAULT);
    setVersion("banger");
    setKeyExchangeFactories(List.of(new Curve25519SHA256.Factory()));
    setKeyAlgorithms(List.of(KeyAlgorithms.EdDSA25519()));
    setCipherFactories(List.of(BlockCiphers.AES256CTR()));
    setMACFactories(List.of(new HMACSHA2256.Factory()));
    setCompressionFactories(List.of(new NoneCompression.Factory()));
    setRandomFactory(new SingletonRandomFactory(new JCERandom.Factory()));
    setFileKeyProviderFactories(List.of(new OpenSSHKeyV1KeyFile.Factory()));
    setKeepAliveProvider(KeepAliveProvider.HEARTBEAT);
  }
}
