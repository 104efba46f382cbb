// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Reads the layers one after the other, ahead of whoever takes their uncompressed bytes: one thread
 * decompresses and counts, another digests what comes out, which is the slowest part where the
 * virtual machine has no code of its own for it.
 */
final class LayerReader implements AutoCloseable {
  /** Small enough for a processor's cache, large enough that handing over does not count. */
  private static final int CHUNK = 128 << 10;

  private static final int CHUNKS = 32;

  /** How often a taker that waits looks whether its operation has ended. */
  private static final long CHECKED_MILLIS = 100;

  /** How long the end waits for a source that does not let go. */
  private static final long PATIENCE_MILLIS = 5000;

  /**
   * Bytes of a layer, or its end.
   *
   * @param length -1 at the end
   * @param failure why it ended, null when all was well
   */
  @SuppressWarnings("ArrayRecordComponent") // a buffer on its way; nobody compares two
  private record Chunk(byte[] bytes, int length, Throwable failure) {}

  private final List<Layer> layers;
  private final long byteLimit;
  private final Operation operation;
  private final BlockingQueue<byte[]> empty = new ArrayBlockingQueue<>(CHUNKS);
  private final BlockingQueue<Chunk> filled = new ArrayBlockingQueue<>(CHUNKS + 2);
  private final BlockingQueue<Chunk> read = new ArrayBlockingQueue<>(CHUNKS + 2);
  private final Thread reading = new Thread(this::readAll, "layer-reader");
  private final Thread digesting = new Thread(this::digestAll, "layer-digest");
  private volatile InputStream open = InputStream.nullInputStream();
  private long bytes;

  private LayerReader(List<Layer> layers, long byteLimit, Operation operation) {
    this.layers = layers;
    this.byteLimit = byteLimit;
    this.operation = operation;
    for (int i = 0; i < CHUNKS; i++) {
      empty.add(new byte[CHUNK]);
    }
    reading.setDaemon(true);
    digesting.setDaemon(true);
  }

  /**
   * Begins to read.
   *
   * @param byteLimit how many uncompressed bytes there may be
   * @param operation whose end ends the wait for bytes
   */
  static LayerReader start(List<Layer> layers, long byteLimit, Operation operation) {
    LayerReader reader = new LayerReader(layers, byteLimit, operation);
    reader.reading.start();
    reader.digesting.start();
    return reader;
  }

  /**
   * Returns the next layer's uncompressed bytes; the one before must have been read to its end.
   * Reading the end of a layer whose digests are wrong fails with {@link BangerException}, a source
   * that fails is an {@link UncheckedIOException}: neither can be taken for a fault of the tar.
   */
  Content next() {
    return new Content();
  }

  private void readAll() {
    try {
      for (int i = 0; i < layers.size(); i++) {
        Throwable failure = read(layers.get(i), fault(i));
        read.put(new Chunk(null, -1, failure));
        if (failure != null) {
          return;
        }
      }
    } catch (InterruptedException e) {
      // Nobody takes any more.
      Thread.currentThread().interrupt();
    }
  }

  private LayerFault fault(int index) {
    return new LayerFault(index + 1, layers.size());
  }

  private void digestAll() {
    try {
      Throwable failure = null;
      for (int i = 0; i < layers.size() && failure == null; i++) {
        Optional<LayerDigest> wanted = layers.get(i).diffId();
        MessageDigest digest = wanted.map(LayerDigest::begin).orElse(null);
        Chunk chunk = read.take();
        while (chunk.length >= 0) {
          if (digest != null) {
            digest.update(chunk.bytes, 0, chunk.length);
          }
          filled.put(chunk);
          chunk = read.take();
        }
        failure =
            chunk.failure != null
                ? chunk.failure
                : difference(wanted.orElse(null), digest, "uncompressed bytes", fault(i));
        filled.put(new Chunk(null, -1, failure));
      }
    } catch (InterruptedException e) {
      // Nobody takes any more.
      Thread.currentThread().interrupt();
    }
  }

  /** Returns why it failed, or null. */
  private Throwable read(Layer layer, LayerFault fault) throws InterruptedException {
    MessageDigest compressed = layer.digest().map(LayerDigest::begin).orElse(null);
    try (InputStream source = new Source(layer.source().open())) {
      open = source;
      InputStream digested =
          compressed == null ? source : new DigestInputStream(source, compressed);
      try (InputStream content = layer.compression().decompress(digested)) {
        copy(content, fault);
      } catch (IOException e) {
        return fault.damaged("its compressed bytes cannot be read: " + e.getMessage(), e);
      }
      return difference(layer.digest().orElse(null), compressed, "bytes", fault);
    } catch (UncheckedIOException | BangerException e) {
      return e;
    } catch (IOException e) {
      return new UncheckedIOException(e);
    } catch (RuntimeException e) {
      return fault.damaged("its compressed bytes cannot be read: " + e, e);
    } catch (Error e) {
      return e;
    }
  }

  private void copy(InputStream content, LayerFault fault)
      throws IOException, InterruptedException {
    int length;
    do {
      byte[] buffer = empty.take();
      length = content.readNBytes(buffer, 0, buffer.length);
      bytes += length;
      if (bytes > byteLimit) {
        throw fault.beyondLimit("with it the layers are more than " + byteLimit + " bytes long");
      }
      read.put(new Chunk(buffer, length, null));
    } while (length == CHUNK);
  }

  /** Returns what is wrong with a digest, or null. */
  private static BangerException difference(
      LayerDigest wanted, MessageDigest read, String what, LayerFault fault) {
    LayerDigest found = wanted == null ? null : wanted.differing(read);
    return found == null
        ? null
        : fault.damaged("its " + what + " are " + found + " and should be " + wanted);
  }

  private Chunk take() {
    try {
      Chunk chunk = filled.poll();
      while (chunk == null) {
        operation.check();
        chunk = filled.poll(CHECKED_MILLIS, TimeUnit.MILLISECONDS);
      }
      return chunk;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new InterruptedIOException("interrupted"));
    }
  }

  /** Ends the reading, wherever it is. */
  @Override
  public void close() throws IOException {
    reading.interrupt();
    digesting.interrupt();
    try {
      if (reading.isAlive()) {
        open.close();
      }
      reading.join(PATIENCE_MILLIS);
      digesting.join(PATIENCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** The layer's own bytes; that they cannot be read is no fault of what they are. */
  private static final class Source extends FilterInputStream {
    Source(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      try {
        return super.read();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      try {
        return super.read(buffer, offset, length);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() throws IOException {
      try {
        super.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** One layer's uncompressed bytes. A read returns less than asked for at the end only. */
  final class Content extends InputStream {
    private Chunk chunk = new Chunk(new byte[0], 0, null);
    private int at;
    private long position;

    private Content() {}

    /** How many bytes were read. */
    long position() {
      return position;
    }

    /** Whether nothing is left. */
    boolean isAtEnd() {
      return !fill();
    }

    /** Reads what is left, so that the layer's digests are known to be right. */
    void finish() throws IOException {
      transferTo(OutputStream.nullOutputStream());
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int done = 0;
      while (done < length && fill()) {
        int count = Math.min(length - done, chunk.length - at);
        System.arraycopy(chunk.bytes, at, target, offset + done, count);
        at += count;
        done += count;
      }
      position += done;
      return done == 0 && length > 0 ? -1 : done;
    }

    /** Whether there is a byte to read. */
    private boolean fill() {
      while (chunk.length == at) {
        if (chunk.bytes.length == CHUNK) {
          empty.add(chunk.bytes);
        }
        at = 0;
        chunk = take();
      }
      if (chunk.failure instanceof BangerException e) {
        throw e;
      } else if (chunk.failure instanceof UncheckedIOException e) {
        throw e;
      } else if (chunk.failure instanceof Error e) {
        throw e;
      }
      return chunk.length > 0;
    }

    @Override
    public int available() {
      return chunk.length < 0 ? 0 : chunk.length - at;
    }
  }
}
