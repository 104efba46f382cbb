// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The names in one directory while the image is being made, in the order of their arrival.
 *
 * <p>A million names have to fit into memory, hence parallel arrays and one array of name bytes
 * instead of objects. Entries are known by their index, which stays theirs until the next {@link
 * #add}.
 */
final class Directory {
  /** Up to this many entries a look-up is a scan. */
  private static final int SCANNED = 8;

  private final int inode;
  private final int parent;
  private final DirectoryHash hash;

  /** For each name its length in a byte, then the name. */
  private byte[] names = {};

  private int namesLength;
  private int[] offsets = {};

  /** 0 for an entry that was removed. */
  private int[] inodes = {};

  private byte[] types = {};
  private char[] layers = {};
  private int count;
  private int live;
  private int prunedIn = -1;

  /** Open addressing: index + 1 of an entry, or 0; null while entries are few. */
  private int[] slots;

  /**
   * Makes an empty directory.
   *
   * @param hash used for look-up only; its seed is unpredictable so that nobody can choose names
   *     that make it slow
   */
  Directory(int inode, int parent, DirectoryHash hash) {
    this.inode = inode;
    this.parent = parent;
    this.hash = hash;
  }

  int inode() {
    return inode;
  }

  int parent() {
    return parent;
  }

  /** The number of indexes in use, removed entries included. */
  int count() {
    return count;
  }

  int live() {
    return live;
  }

  boolean isLive(int index) {
    return inodes[index] != 0;
  }

  int inode(int index) {
    return inodes[index];
  }

  Ext4FileType type(int index) {
    return Ext4FileType.ofDirectoryCode(types[index]);
  }

  int layer(int index) {
    return layers[index];
  }

  void setLayer(int index, int layer) {
    layers[index] = (char) layer;
  }

  byte[] name(int index) {
    int start = offsets[index] + 1;
    return Arrays.copyOfRange(names, start, start + nameLength(index));
  }

  /** Notes that lower layers are being removed from here; false if they were in this turn. */
  boolean prune(int turn) {
    boolean first = prunedIn != turn;
    prunedIn = turn;
    return first;
  }

  int nameLength(int index) {
    return names[offsets[index]] & 0xFF;
  }

  /** Copies the name to the target and returns its length. */
  int copyName(int index, ByteBuffer target, int at) {
    target.put(at, names, offsets[index] + 1, nameLength(index));
    return nameLength(index);
  }

  int hashOf(int index, DirectoryHash onDisk) {
    return onDisk.of(names, offsets[index] + 1, nameLength(index));
  }

  /** Returns the entry's index, or -1. */
  int find(byte[] name) {
    if (slots == null) {
      for (int i = 0; i < count; i++) {
        if (is(i, name)) {
          return i;
        }
      }
      return -1;
    }
    int mask = slots.length - 1;
    int slot = spread(hash.of(name, 0, name.length)) & mask;
    while (slots[slot] != 0) {
      if (is(slots[slot] - 1, name)) {
        return slots[slot] - 1;
      }
      slot = slot + 1 & mask;
    }
    return -1;
  }

  private boolean is(int index, byte[] name) {
    int start = offsets[index] + 1;
    return inodes[index] != 0
        && nameLength(index) == name.length
        && Arrays.equals(names, start, start + name.length, name, 0, name.length);
  }

  /** Adds a name that is not there. */
  void add(byte[] name, int entryInode, Ext4FileType type, int layer) {
    if (count == offsets.length) {
      makeRoom();
    }
    if (namesLength + 1 + name.length > names.length) {
      int wanted = Math.max(namesLength + 1 + name.length, namesLength + (namesLength >> 1));
      names = Arrays.copyOf(names, wanted);
    }
    offsets[count] = namesLength;
    names[namesLength] = (byte) name.length;
    System.arraycopy(name, 0, names, namesLength + 1, name.length);
    namesLength += 1 + name.length;
    inodes[count] = entryInode;
    types[count] = (byte) type.directoryCode();
    layers[count] = (char) layer;
    count++;
    live++;
    if (slots != null) {
      index(count - 1);
    } else if (count > SCANNED) {
      rebuildSlots();
    }
  }

  void remove(int index) {
    inodes[index] = 0;
    live--;
  }

  /** Drops removed entries if they are many, else makes the arrays longer. */
  private void makeRoom() {
    if (live < count - (count >> 2)) {
      int kept = 0;
      int keptBytes = 0;
      for (int i = 0; i < count; i++) {
        if (inodes[i] != 0) {
          int size = 1 + nameLength(i);
          System.arraycopy(names, offsets[i], names, keptBytes, size);
          offsets[kept] = keptBytes;
          inodes[kept] = inodes[i];
          types[kept] = types[i];
          layers[kept] = layers[i];
          keptBytes += size;
          kept++;
        }
      }
      count = kept;
      namesLength = keptBytes;
    } else {
      int capacity = Math.max(4, count + (count >> 1));
      offsets = Arrays.copyOf(offsets, capacity);
      inodes = Arrays.copyOf(inodes, capacity);
      types = Arrays.copyOf(types, capacity);
      layers = Arrays.copyOf(layers, capacity);
    }
    if (slots != null) {
      rebuildSlots();
    }
  }

  private void rebuildSlots() {
    slots = new int[Integer.highestOneBit(Math.max(offsets.length, SCANNED)) * 4];
    for (int i = 0; i < count; i++) {
      if (inodes[i] != 0) {
        index(i);
      }
    }
  }

  private void index(int entry) {
    int mask = slots.length - 1;
    int slot = spread(hash.of(names, offsets[entry] + 1, nameLength(entry))) & mask;
    while (slots[slot] != 0) {
      slot = slot + 1 & mask;
    }
    slots[slot] = entry + 1;
  }

  /** The hash's lowest bit is always 0. */
  private static int spread(int value) {
    return value >>> 1;
  }
}
