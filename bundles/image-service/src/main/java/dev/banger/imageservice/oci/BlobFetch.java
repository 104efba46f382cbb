// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fetches blobs of one image into the cache, going on where an earlier attempt, or an earlier
 * process, stopped.
 */
final class BlobFetch {
  private static final String STAGE = "image_layer";
  private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-\\d+/(\\d+|\\*)");

  private final OciReference reference;
  private final BlobCache cache;
  private final Supplier<RegistrySession> session;
  private final Attempts attempts;

  /**
   * @param session opened when the first blob has to be fetched
   */
  BlobFetch(
      OciReference reference,
      BlobCache cache,
      Supplier<RegistrySession> session,
      Attempts attempts) {
    this.reference = reference;
    this.cache = cache;
    this.session = session;
    this.attempts = attempts;
  }

  /**
   * Gives a blob's file, fetching it when it is not there. Two that want the same blob fetch it
   * once.
   *
   * @param what the blob is, such as {@code layer}
   * @throws BangerException whatever keeps it from coming; then it is not in the cache
   */
  Path fetch(Descriptor blob, String what, Operation operation) {
    BlobProgress progress =
        new BlobProgress(
            operation.progress(),
            STAGE,
            "%s %s of %s".formatted(what, blob.digest().shortened(), reference.familiarName()),
            blob.size());
    try (KeyedLocks.Held held = cache.lock(blob.digest(), operation)) {
      Optional<Path> there = cache.find(blob.digest(), blob.size());
      Path file = there.isPresent() ? there.get() : download(blob, progress, operation);
      progress.at(blob.size());
      return file;
    }
  }

  private Path download(Descriptor blob, BlobProgress progress, Operation operation) {
    try (PartialBlob partial = cache.open(blob.digest(), operation)) {
      boolean resumed = partial.length() > 0;
      transfer(blob, partial, progress, operation);
      try {
        return partial.publish(blob.digest(), blob.size());
      } catch (BangerException e) {
        if (!resumed) {
          throw e;
        }
      }
    } catch (IOException e) {
      throw StorageFailure.of("write to the image cache", e);
    }
    // What an earlier process had left was damaged: once more, from the first byte on.
    return download(blob, progress, operation);
  }

  private void transfer(
      Descriptor blob, PartialBlob partial, BlobProgress progress, Operation operation)
      throws IOException {
    if (partial.length() > blob.size()) {
      partial.restart();
    }
    try {
      attempts.run(
          last -> {
            if (partial.length() < blob.size()) {
              ask(blob, partial, progress, last, operation);
            }
            return partial;
          },
          operation);
    } catch (IOException e) {
      throw RegistryFailure.broken(reference, e);
    }
  }

  /** Asks for what is missing; returns when the blob has its size. */
  private void ask(
      Descriptor blob,
      PartialBlob partial,
      BlobProgress progress,
      boolean last,
      Operation operation)
      throws IOException {
    long from = partial.length();
    Map<String, String> headers = from > 0 ? Map.of("Range", "bytes=" + from + "-") : Map.of();
    HttpResponse<byte[]> answer =
        session
            .get()
            .blob(
                blob.digest(),
                headers,
                info -> sink(info, blob, from, partial, progress),
                operation);
    int status = answer.statusCode();
    if (status == 416) {
      restart(partial);
      throw new IOException("the registry does not go on in the middle of a blob");
    }
    if (status != 200 && status != 206) {
      if (RegistryFailure.mayPass(status) && !last) {
        throw new IOException("status " + status);
      }
      throw RegistryFailure.answered(reference, status, answer.body());
    }
    if (partial.length() < blob.size()) {
      throw new IOException(
          "it ended after %d of %d bytes".formatted(partial.length(), blob.size()));
    }
  }

  private Sink<byte[]> sink(
      HttpResponse.ResponseInfo answer,
      Descriptor blob,
      long from,
      PartialBlob partial,
      BlobProgress progress) {
    if (answer.statusCode() != 200 && answer.statusCode() != 206) {
      return BoundedBody.explanation();
    }
    boolean goesOn = answer.statusCode() == 206 && startsAt(answer, from);
    if (answer.statusCode() == 206 && !goesOn) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "the registry %s sends another part of %s than it was asked for"
              .formatted(reference.registry(), blob.digest()));
    }
    if (!goesOn) {
      restart(partial);
    }
    long missing = blob.size() - partial.length();
    long announced = answer.headers().firstValueAsLong("Content-Length").orElse(missing);
    if (announced != missing) {
      throw wrongSize(blob, partial.length() + announced);
    }
    return new PartialSink(blob, partial, progress);
  }

  private static boolean startsAt(HttpResponse.ResponseInfo answer, long from) {
    Matcher range = CONTENT_RANGE.matcher(answer.headers().firstValue("Content-Range").orElse(""));
    return range.matches() && Long.parseLong(range.group(1)) == from;
  }

  private static void restart(PartialBlob partial) {
    try {
      partial.restart();
    } catch (IOException e) {
      throw StorageFailure.of("write to the image cache", e);
    }
  }

  private BangerException wrongSize(Descriptor blob, long bytes) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "the registry %s sends %d or more bytes for %s, which must have %d; it is not accepted"
            .formatted(reference.registry(), bytes, blob.digest(), blob.size()));
  }

  /** Appends a body to what has come, up to the blob's size. */
  private final class PartialSink implements Sink<byte[]> {
    private final Descriptor blob;
    private final PartialBlob partial;
    private final BlobProgress progress;

    private PartialSink(Descriptor blob, PartialBlob partial, BlobProgress progress) {
      this.blob = blob;
      this.partial = partial;
      this.progress = progress;
    }

    @Override
    public void accept(ByteBuffer piece) {
      long total = partial.length() + piece.remaining();
      if (total > blob.size()) {
        restart(partial);
        throw wrongSize(blob, total);
      }
      try {
        partial.write(piece);
      } catch (IOException e) {
        throw StorageFailure.of("write to the image cache", e);
      }
      progress.at(partial.length());
    }

    @Override
    public byte[] finish() {
      return new byte[0];
    }
  }
}
