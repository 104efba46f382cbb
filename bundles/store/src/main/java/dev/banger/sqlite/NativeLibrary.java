// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.File;
import org.sqlite.SQLiteJDBCLoader;

/**
 * SQLite's native library, which the driver unpacks into a directory. Loaded ahead of the driver,
 * because the driver tries it only once in the life of a process, and a full disk may be mended.
 */
final class NativeLibrary {
  /** More than the library takes, 1.1 MB in version 3.54. */
  private static final long ROOM_BYTES = 4L << 20;

  private NativeLibrary() {}

  /**
   * Returns when the library is loaded.
   *
   * @throws BangerException NO_SPACE or HOST_UNFIT
   */
  static void load() {
    try {
      if (!SQLiteJDBCLoader.initialize()) {
        throw failure(null);
      }
    } catch (BangerException e) {
      throw e;
    } catch (Exception | LinkageError e) {
      throw failure(e);
    }
  }

  private static BangerException failure(Throwable cause) {
    // The same two properties in the same order as the driver's.
    String directory =
        System.getProperty("org.sqlite.tmpdir", System.getProperty("java.io.tmpdir"));
    if (new File(directory).getUsableSpace() < ROOM_BYTES) {
      return new BangerException(
          ErrorCode.NO_SPACE,
          "no space is left in " + directory + " for SQLite's library; free some and try again",
          cause);
    }
    return new BangerException(
        ErrorCode.HOST_UNFIT,
        "cannot load SQLite's native library from "
            + directory
            + ", which must allow programs to be run from it",
        cause);
  }
}
