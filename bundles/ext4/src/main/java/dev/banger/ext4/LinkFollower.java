// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** Goes from directory to directory along one path, through symbolic links. */
final class LinkFollower {
  /** MAXSYMLINKS of include/linux/namei.h: how many a path may lead through. */
  static final int MAX_LINKS = 40;

  private final Volume volume;
  private final DirectoryTree tree;
  private int followed;

  LinkFollower(Volume volume, DirectoryTree tree) {
    this.volume = volume;
    this.tree = tree;
  }

  /**
   * Returns the directory that a name leads to, or null when it leads to none or through too many
   * links.
   *
   * @throws IOException if the image cannot be read
   */
  Directory enter(Directory from, byte[] name) throws IOException {
    Deque<byte[]> ahead = new ArrayDeque<>();
    ahead.push(name);
    Directory at = from;
    while (at != null && !ahead.isEmpty()) {
      byte[] next = ahead.pop();
      int index = at.find(next);
      if (Ext4Path.isParent(next)) {
        at = tree.get(at.parent());
      } else if (index >= 0 && at.type(index) == Ext4FileType.SYMLINK) {
        byte[] target = volume.readTarget(volume.read(at.inode(index)));
        Ext4Path.pushNames(target, ahead);
        at = ++followed > MAX_LINKS ? null : target[0] == '/' ? tree.root() : at;
      } else {
        at = index < 0 ? null : tree.child(at, index);
      }
    }
    return at;
  }
}
