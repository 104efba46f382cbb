// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.bundle.BundleDownload;
import dev.banger.imageservice.storage.FileDigest;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Brings a bundle from a URL or a file into a file of ours, and compares its digest as it comes.
 * Nothing of it is looked at before.
 */
final class BundleFetch {
  private static final Duration SILENCE = Duration.ofSeconds(30);
  private static final long MAX_SIZE = 512L << 20;
  private static final int STEP = 1 << 16;
  private static final long UNKNOWN = -1;

  private final BundleDownload download;
  private final long limit;

  BundleFetch() {
    this(SILENCE, MAX_SIZE);
  }

  /**
   * @param silence how long a server may send nothing
   * @param limit of a bundle's size, in bytes
   */
  BundleFetch(Duration silence, long limit) {
    this.download = BundleDownload.withSilence(silence);
    this.limit = limit;
  }

  /**
   * Where a bundle is.
   *
   * @throws BangerException BAD_REQUEST when it is neither an http or https URL nor the absolute
   *     path of a file
   */
  static URI source(String text) {
    if (text == null || text.isBlank()) {
      throw bad("the source of the bundle is required");
    }
    if (text.startsWith("/")) {
      Path file = Path.of(text);
      if (!Files.isRegularFile(file)) {
        throw bad(file + " is not a file");
      }
      return file.toUri();
    }
    try {
      URI address = new URI(text);
      if (isWeb(address) && address.getUserInfo() == null) {
        return address;
      }
    } catch (URISyntaxException e) {
      throw bad("\"" + text + "\" is no address: " + e.getReason());
    }
    throw bad("\"" + text + "\" is neither an http(s) URL without a password nor an absolute path");
  }

  private static boolean isWeb(URI address) {
    String scheme = address.getScheme() == null ? "" : address.getScheme().toLowerCase(Locale.ROOT);
    return address.getHost() != null && (scheme.equals("https") || scheme.equals("http"));
  }

  /**
   * Fetches a bundle.
   *
   * @param sha256 the digest that it must have, lower-case hex
   * @param file is not there yet
   * @throws BangerException CORRUPT when the digest is another or the bundle too large; as {@link
   *     BundleDownload#open} and its stream do; CANCELLED
   * @throws IOException when a file cannot be read or written
   */
  void fetch(URI source, String sha256, Path file, Operation operation) throws IOException {
    operation.progress().stage("kernel_download", "fetching the bundle");
    String digest;
    if (source.getScheme().equals("file")) {
      try (InputStream in = Files.newInputStream(Path.of(source))) {
        digest = store(in, Files.size(Path.of(source)), file, operation);
      }
    } else {
      digest = download(source, file, operation);
    }
    if (!digest.equals(sha256)) {
      throw new BangerException(
          ErrorCode.CORRUPT,
          "the bundle %s has the sha256 %s, not %s".formatted(shown(source), digest, sha256));
    }
  }

  private String download(URI source, Path file, Operation operation) throws IOException {
    try (InputStream body = download.open(source, operation)) {
      return store(body, UNKNOWN, file, operation);
    }
  }

  private String store(InputStream in, long total, Path file, Operation operation)
      throws IOException {
    if (total > limit) {
      throw tooLarge();
    }
    MessageDigest digest = FileDigest.newSha256();
    byte[] buffer = new byte[STEP];
    long done = 0;
    try (OutputStream out = new DigestOutputStream(PrivateFiles.create(file), digest)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        operation.check();
        done += count;
        if (done > limit) {
          throw tooLarge();
        }
        out.write(buffer, 0, count);
        operation.progress().bytes("kernel_download", "fetching the bundle", done, total);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private BangerException tooLarge() {
    return new BangerException(
        ErrorCode.CORRUPT,
        "the bundle is larger than %d bytes, the most that is accepted".formatted(limit));
  }

  /** An address without its query, which may carry a signature that gives access. */
  static String shown(URI source) {
    if (source.getScheme().equals("file")) {
      return source.getPath();
    }
    return source.getScheme() + "://" + source.getRawAuthority() + source.getRawPath();
  }

  private static BangerException bad(String message) {
    return new BangerException(ErrorCode.BAD_REQUEST, message);
  }
}
