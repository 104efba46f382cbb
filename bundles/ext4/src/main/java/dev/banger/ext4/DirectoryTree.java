// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** All directories of the image by inode number. */
final class DirectoryTree {
  private static final byte[] LOST_FOUND = "lost+found".getBytes(US_ASCII);

  /** Later than any layer. */
  static final int ALL_LAYERS = Character.MAX_VALUE + 1;

  /** Is told of names that went away. */
  interface Unlinked {
    void unlinked(int inode, Ext4FileType type) throws IOException;
  }

  private final Map<Integer, Directory> directories = new HashMap<>();
  private final DirectoryHash lookupHash =
      new DirectoryHash(new SplittableRandom().ints(4).map(i -> i | 1).toArray());
  private final int lostFound;
  private final int maxDepth;
  private int pruning;

  DirectoryTree(int lostFound, int maxDepth) {
    this.lostFound = lostFound;
    this.maxDepth = maxDepth;
    add(Inode.ROOT, Inode.ROOT);
    add(lostFound, Inode.ROOT);
    root().add(LOST_FOUND, lostFound, Ext4FileType.DIRECTORY, 0);
  }

  int lostFound() {
    return lostFound;
  }

  Directory root() {
    return directories.get(Inode.ROOT);
  }

  Directory get(int inode) {
    return directories.get(inode);
  }

  Directory add(int inode, int parent) {
    Directory directory = new Directory(inode, parent, lookupHash);
    directories.put(inode, directory);
    return directory;
  }

  /** Returns the directory of the path's first {@code depth} names, or null. */
  Directory walk(Ext4Path path, int depth) throws Ext4Exception {
    checkDepth(path);
    Directory directory = root();
    for (int i = 0; i < depth && directory != null; i++) {
      int index = directory.find(path.rawName(i));
      directory = index < 0 ? null : child(directory, index);
    }
    return directory;
  }

  void checkDepth(Ext4Path path) throws Ext4Exception {
    if (path.depth() > maxDepth) {
      throw new Ext4Exception(
          Ext4Exception.Reason.TOO_DEEP,
          path + ": " + path.depth() + " names deep, more than " + maxDepth);
    }
  }

  /** Whether a directory may hold one that is so many names further down. */
  boolean canHold(Directory directory, int names) {
    int depth = names;
    for (Directory at = directory; at != root() && depth <= maxDepth; at = get(at.parent())) {
      depth++;
    }
    return depth <= maxDepth;
  }

  /** Returns an entry's own entries, or null if it is not a directory. */
  Directory child(Directory holder, int index) {
    boolean directory = holder.type(index) == Ext4FileType.DIRECTORY;
    return directory ? get(holder.inode(index)) : null;
  }

  /** Returns the inode numbers of all directories in ascending order. */
  int[] inodes() {
    int[] inodes = directories.keySet().stream().mapToInt(Integer::intValue).toArray();
    Arrays.sort(inodes);
    return inodes;
  }

  /** An entry on the way down, and how far its children were looked at. */
  private static final class Step {
    private final Directory holder;
    private final int index;
    private final Directory content;
    private int next;

    Step(Directory holder, int index, Directory content) {
      this.holder = holder;
      this.index = index;
      this.content = content;
    }
  }

  /**
   * Removes an entry and everything below it, except what a layer from {@code beforeLayer} on
   * wrote, the directories that hold such, and lost+found itself.
   */
  void prune(Directory holder, int index, int beforeLayer, Unlinked sink) throws IOException {
    // No recursion: hostile trees are deeper than a thread's stack.
    Deque<Step> way = new ArrayDeque<>();
    way.push(step(holder, index, beforeLayer));
    while (!way.isEmpty()) {
      Step step = way.element();
      if (step.content != null && step.next < step.content.count()) {
        int child = step.next++;
        if (step.content.isLive(child)) {
          way.push(step(step.content, child, beforeLayer));
        }
      } else {
        way.pop();
        int inode = step.holder.inode(step.index);
        boolean holdsMore = step.content != null && step.content.live() > 0;
        if (!holdsMore && inode != lostFound && step.holder.layer(step.index) < beforeLayer) {
          Ext4FileType type = step.holder.type(step.index);
          step.holder.remove(step.index);
          directories.remove(step.content == null ? 0 : inode);
          sink.unlinked(inode, type);
        }
      }
    }
  }

  private Step step(Directory holder, int index, int beforeLayer) {
    Directory content = child(holder, index);
    Step step = new Step(holder, index, content);
    if (content != null && beforeLayer != ALL_LAYERS && !beginPruning(content)) {
      step.next = content.count();
    }
    return step;
  }

  /**
   * Whether the directory may still hold what lower layers have. Once they are gone they stay away
   * until {@link #forgetPruned}, and hostile layers would have them looked for without end.
   */
  boolean beginPruning(Directory directory) {
    return directory.prune(pruning);
  }

  /** Lower layers' entries may be in any directory again. */
  void forgetPruned() {
    pruning++;
  }
}
