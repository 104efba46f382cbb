// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.storage.FileDigest;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Brings a bundle from a URL or a file into a file of ours, and compares its digest as it comes.
 * Nothing of it is looked at before.
 */
final class BundleFetch {
  private static final int MOST_REDIRECTS = 5;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Duration CONNECT = Duration.ofSeconds(20);
  private static final Duration SILENCE = Duration.ofSeconds(30);
  private static final long MAX_SIZE = 512L << 20;
  private static final int STEP = 1 << 16;

  private final Duration silence;
  private final long limit;

  BundleFetch() {
    this(SILENCE, MAX_SIZE);
  }

  /**
   * @param silence how long a server may send nothing
   * @param limit of a bundle's size, in bytes
   */
  BundleFetch(Duration silence, long limit) {
    this.silence = silence;
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
   * @throws BangerException CORRUPT when the digest is another or the bundle too large;
   *     OPERATION_FAILED, DEADLINE_EXCEEDED, CANCELLED
   * @throws IOException when the source breaks off or the file cannot be written
   */
  void fetch(URI source, String sha256, Path file, Operation operation) throws IOException {
    operation.progress().stage("kernel_download", "fetching the bundle");
    String digest;
    if (source.getScheme().equals("file")) {
      try (InputStream in = Files.newInputStream(Path.of(source))) {
        digest = store(in, Files.size(Path.of(source)), file, new AtomicLong(), operation);
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
    HttpClient client =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    URI next = source;
    for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      HttpResponse<InputStream> answer = send(client, next, operation);
      try (InputStream body = answer.body()) {
        if (!REDIRECTS.contains(answer.statusCode())) {
          requireGood(answer, next);
          long length = answer.headers().firstValueAsLong("Content-Length").orElse(-1);
          return watched(body, length, file, operation);
        }
      }
      next = redirected(next, answer.headers().firstValue("Location").orElse(""));
    }
    throw failed(source, "it redirects more than " + MOST_REDIRECTS + " times");
  }

  private HttpResponse<InputStream> send(HttpClient client, URI address, Operation operation)
      throws IOException {
    operation.check();
    HttpRequest request = HttpRequest.newBuilder(address).header("User-Agent", "banger").build();
    CompletableFuture<HttpResponse<InputStream>> answer =
        client.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream());
    try (Operation.Registration leaving = operation.onCancel(() -> answer.cancel(true))) {
      return answer.get(silence.plus(CONNECT).toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw silent(address);
    } catch (ExecutionException e) {
      operation.check();
      throw new IOException(shown(address) + " cannot be reached: " + e.getCause(), e.getCause());
    } catch (java.util.concurrent.CancellationException e) {
      operation.check();
      throw new IOException("the exchange was cancelled", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BangerException(ErrorCode.CANCELLED, "interrupted", e);
    } finally {
      answer.cancel(true);
    }
  }

  private static void requireGood(HttpResponse<?> answer, URI address) {
    if (answer.statusCode() != 200) {
      throw failed(address, "the server answers " + answer.statusCode());
    }
  }

  /** Never from TLS to plain HTTP: the address may be a secret. */
  private static URI redirected(URI from, String location) {
    try {
      URI next = from.resolve(new URI(location));
      boolean downgrade =
          from.getScheme().equalsIgnoreCase("https") && !next.getScheme().equalsIgnoreCase("https");
      if (!location.isEmpty() && isWeb(next) && !downgrade) {
        return next;
      }
    } catch (URISyntaxException e) {
      throw failed(from, "it redirects to what is no address");
    }
    throw failed(from, "it redirects to where it must not");
  }

  /** Closing the body wakes who reads it, when the server falls silent or the caller leaves. */
  private String watched(InputStream body, long length, Path file, Operation operation)
      throws IOException {
    AtomicLong lastSign = new AtomicLong(System.nanoTime());
    long period = Math.max(1, silence.toMillis() / 10);
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "banger-bundle-watch");
              thread.setDaemon(true);
              return thread;
            });
    var unused =
        timer.scheduleWithFixedDelay(
            () -> {
              if (isSilent(lastSign)) {
                close(body);
              }
            },
            period,
            period,
            TimeUnit.MILLISECONDS);
    try (Operation.Registration leaving = operation.onCancel(() -> close(body))) {
      return store(body, length, file, lastSign, operation);
    } catch (IOException e) {
      operation.check();
      if (isSilent(lastSign)) {
        throw new BangerException(
            ErrorCode.DEADLINE_EXCEEDED, "the server of the bundle has fallen silent", e);
      }
      throw e;
    } finally {
      timer.shutdownNow();
    }
  }

  private boolean isSilent(AtomicLong lastSign) {
    return System.nanoTime() - lastSign.get() > silence.toNanos();
  }

  private static void close(InputStream body) {
    try {
      body.close();
    } catch (IOException e) {
      // Who reads it is told by the next read.
      return;
    }
  }

  private String store(
      InputStream in, long total, Path file, AtomicLong lastSign, Operation operation)
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
        lastSign.set(System.nanoTime());
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

  private BangerException silent(URI address) {
    return new BangerException(
        ErrorCode.DEADLINE_EXCEEDED,
        "%s has sent nothing for %d s".formatted(shown(address), silence.toSeconds()));
  }

  private static BangerException failed(URI address, String why) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "cannot fetch the bundle %s: %s".formatted(shown(address), why));
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
