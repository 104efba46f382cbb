// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * A change of several {@code .cfg} files that is made as a whole or not at all: what can go wrong
 * (a full disk, say) does so while everything is written beside them.
 */
final class CfgChange implements AutoCloseable {
  private static final FileAttribute<?> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final List<Replacement> replacements = new ArrayList<>();
  private final Deque<Replacement> made = new ArrayDeque<>();

  private CfgChange() {}

  /**
   * Writes texts beside their files.
   *
   * @throws BangerException BAD_REQUEST for what is no file of its own; OPERATION_FAILED
   */
  static CfgChange of(Map<Path, CfgFile> texts) {
    texts.keySet().forEach(CfgChange::requireFile);
    CfgChange change = new CfgChange();
    try {
      texts.forEach((file, text) -> change.replacements.add(new Replacement(file, text)));
      return change;
    } catch (RuntimeException | Error e) {
      change.close();
      throw e;
    }
  }

  private static void requireFile(Path file) {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          file + " is a link or no file: change what it leads to with an editor");
    }
  }

  /**
   * Puts all into their places, each at once, for nobody else to read.
   *
   * @throws BangerException OPERATION_FAILED; what was made before that is to be taken back
   */
  void make() {
    for (Replacement each : replacements) {
      each.make();
      made.push(each);
    }
  }

  /** Puts back what was there, and adds to a failure what cannot be. */
  void takeBack(Throwable failure) {
    while (!made.isEmpty()) {
      try {
        made.pop().takeBack();
      } catch (BangerException e) {
        failure.addSuppressed(e);
      }
    }
  }

  /** Leaves nothing beside the files. */
  @Override
  public void close() {
    replacements.forEach(Replacement::close);
  }

  private static BangerException failed(Path file, IOException e) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED, file + " cannot be written: " + e.getMessage(), e);
  }

  /** Of one file. */
  private static final class Replacement {
    private final Path file;
    private Path written;
    private Path before; // null: there was none

    Replacement(Path file, CfgFile text) {
      this.file = file;
      try {
        written = beside(text.text().getBytes(StandardCharsets.ISO_8859_1));
        if (Files.exists(file)) {
          before = beside(Files.readAllBytes(file));
          Files.setPosixFilePermissions(before, Files.getPosixFilePermissions(file));
        }
      } catch (IOException e) {
        close();
        throw failed(file, e);
      }
    }

    // Its name does not end in .cfg, so that nobody takes it for a configuration.
    private Path beside(byte[] content) throws IOException {
      Path made = Files.createTempFile(file.getParent(), "." + file.getFileName(), ".new", PRIVATE);
      try (FileChannel channel = FileChannel.open(made, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
        return made;
      } catch (IOException e) {
        Files.deleteIfExists(made);
        throw e;
      }
    }

    void make() {
      move(written);
    }

    void takeBack() {
      if (before != null) {
        move(before);
        return;
      }
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw failed(file, e);
      }
    }

    private void move(Path from) {
      try {
        Files.move(from, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        throw failed(file, e);
      }
    }

    void close() {
      for (Path each : new Path[] {written, before}) {
        try {
          if (each != null) {
            Files.deleteIfExists(each);
          }
        } catch (IOException e) {
          // It lies there under a name that nobody reads.
        }
      }
    }
  }
}
