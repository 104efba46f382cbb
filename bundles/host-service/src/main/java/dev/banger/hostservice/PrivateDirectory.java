// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Directories that belong to the daemon's user alone. */
final class PrivateDirectory {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final FileAttribute<?> PRIVATE = PosixFilePermissions.asFileAttribute(OWNER_ONLY);
  private static final int STICKY = 01000;
  private static final int WRITABLE_BY_ALL = 0002;
  private static final int OPEN_TO_OTHERS = 0077;

  private final int uid;

  /**
   * @param uid the daemon's user
   */
  PrivateDirectory(int uid) {
    this.uid = uid;
  }

  /** The user of this process. */
  static int ownUid() {
    try {
      return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.HOST_UNFIT, "cannot read /proc/self: is /proc mounted?", e);
    }
  }

  /** Makes a directory for lasting files, or closes one of ours that is open to others. */
  void create(Path directory) {
    make(directory);
    try {
      refuseForeign(directory, uidOf(directory));
      if ((modeOf(directory) & OPEN_TO_OTHERS) != 0) {
        Files.setPosixFilePermissions(directory, OWNER_ONLY);
      }
    } catch (IOException e) {
      throw failed(directory, e);
    }
  }

  /**
   * Makes a directory for sockets. One that is there already must be ours and closed to others:
   * whoever made it otherwise could stand between a person and their daemon.
   *
   * @throws BangerException UNAUTHORIZED
   */
  void createForSockets(Path directory) {
    try {
      for (Path parent = directory.getParent(); parent != null; parent = parent.getParent()) {
        if (Files.exists(parent, LinkOption.NOFOLLOW_LINKS)) {
          refuseReplaceable(directory, parent);
          refuseUntrustedParents(parent);
          break;
        }
      }
      make(directory);
      if (Files.isSymbolicLink(directory)) {
        throw refused(directory, "is a symbolic link");
      }
      refuseForeign(directory, uidOf(directory));
      int mode = modeOf(directory);
      if ((mode & OPEN_TO_OTHERS) != 0) {
        throw refused(directory, String.format("is open to other users (mode %o)", mode & 07777));
      }
      refuseUntrustedParents(directory.toRealPath());
    } catch (IOException e) {
      throw failed(directory, e);
    }
  }

  /** In a directory that all may write to, such as /tmp, an entry is trusted only for its owner. */
  private void refuseUntrustedParents(Path directory) throws IOException {
    Path parent = directory.getParent();
    if (parent == null) {
      return;
    }
    refuseReplaceable(directory, parent);
    if ((modeOf(parent) & WRITABLE_BY_ALL) != 0) {
      int owner = (Integer) Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      if (owner != 0) {
        refuseForeign(directory, owner);
      }
    }
    refuseUntrustedParents(parent);
  }

  private static void refuseReplaceable(Path directory, Path parent) throws IOException {
    int mode = modeOf(parent);
    if ((mode & WRITABLE_BY_ALL) != 0 && (mode & STICKY) == 0) {
      throw refused(directory, "lies in " + parent + ", where everybody may replace it");
    }
  }

  private void make(Path directory) {
    try {
      if (Files.isDirectory(directory)) {
        return;
      }
      if (directory.getParent() != null) {
        Files.createDirectories(directory.getParent(), PRIVATE);
      }
      Files.createDirectory(directory, PRIVATE);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) {
        throw new BangerException(
            ErrorCode.HOST_UNFIT,
            e.getFile() + " is not a directory: move it away, or set BANGER_HOME elsewhere",
            e);
      }
    } catch (IOException e) {
      throw failed(directory, e);
    }
  }

  private void refuseForeign(Path directory, int owner) {
    if (owner != uid) {
      throw refused(directory, "belongs to user " + owner + ", not to " + uid);
    }
  }

  private static BangerException refused(Path directory, String why) {
    return new BangerException(
        ErrorCode.UNAUTHORIZED,
        "the directory "
            + directory
            + " "
            + why
            + ": remove it, make it yours alone ('chmod 700 "
            + directory
            + "'), or set BANGER_HOME to a directory of your own");
  }

  private static BangerException failed(Path directory, IOException e) {
    return new BangerException(
        ErrorCode.HOST_UNFIT,
        "cannot make the directory "
            + directory
            + " ("
            + e
            + "): mend that, or set BANGER_HOME to a directory that you can write",
        e);
  }

  private static int uidOf(Path path) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:uid");
  }

  private static int modeOf(Path path) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:mode");
  }
}
