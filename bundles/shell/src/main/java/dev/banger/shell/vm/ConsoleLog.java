// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Plain;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** A guest's console log on its way to a person. */
final class ConsoleLog {
  private static final int BLOCK = 64 * 1024;
  private static final Duration POLL = Duration.ofMillis(200);

  private final Path file;
  private final Output output;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private final ByteBuffer block = ByteBuffer.allocate(BLOCK);
  private long position;

  ConsoleLog(Path file, Output output) {
    this.file = file;
    this.output = output;
  }

  /** Prints the log, or its last lines when their number is given. */
  void print(Integer lastLines) {
    try (SeekableByteChannel log = Files.newByteChannel(file)) {
      position = lastLines == null ? 0 : beginningOf(lastLines, log);
      passOn(log);
    } catch (NoSuchFileException e) {
      position = 0;
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /** Prints what is added, until the operation ends or nobody can add any more. */
  void follow(BooleanSupplier goesOn) {
    while (goesOn.getAsBoolean()) {
      output.operation().pause(POLL);
      output.operation().check();
      try (SeekableByteChannel log = Files.newByteChannel(file)) {
        if (log.size() < position) {
          position = 0; // it was begun anew
        }
        passOn(log);
      } catch (NoSuchFileException e) {
        position = 0;
      } catch (IOException e) {
        throw unreadable(e);
      }
    }
  }

  private void passOn(SeekableByteChannel log) throws IOException {
    log.position(position);
    while (log.read(block) > 0) {
      output.operation().check();
      int carried = block.position();
      position = log.position();
      if (output.console().stdoutIsTerminal()) {
        showHarmless();
      } else {
        passOnAsItIs(carried);
      }
    }
  }

  private void passOnAsItIs(int length) {
    try {
      OutputStream stdout = output.console().stdout();
      stdout.write(block.array(), 0, length);
      stdout.flush();
    } catch (IOException e) {
      throw new BangerException(ErrorCode.CANCELLED, "nobody reads the output any more", e);
    }
    block.clear();
  }

  // A character that a block ends in the middle of waits for the next one.
  private void showHarmless() {
    block.flip();
    CharBuffer text = CharBuffer.allocate(block.remaining() + 1);
    decoder.decode(block, text, false);
    block.compact();
    output.print(Plain.lines(text.flip().toString().replace("\r", "")));
  }

  private static long beginningOf(int lastLines, SeekableByteChannel log) throws IOException {
    long end = log.size();
    if (lastLines == 0) {
      return end;
    }
    int wanted = lastLines + 1; // the line feed before the first of them
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    boolean lastByte = true;
    while (end > 0) {
      int length = (int) Math.min(BLOCK, end);
      block.clear().limit(length);
      log.position(end - length);
      while (block.hasRemaining() && log.read(block) > 0) {
        // until the block is full
      }
      for (int i = block.position() - 1; i >= 0; i--) {
        boolean feed = block.get(i) == '\n';
        if (lastByte && !feed) {
          wanted--; // an unfinished line is a line
        }
        lastByte = false;
        if (feed && --wanted == 0) {
          return end - length + i + 1;
        }
      }
      end -= length;
    }
    return 0;
  }

  private BangerException unreadable(IOException e) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED, "the console log " + file + " cannot be read: " + e, e);
  }
}
