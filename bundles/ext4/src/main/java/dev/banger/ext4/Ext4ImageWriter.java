// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Writes an ext4 image from a stream of entries.
 *
 * <p>Entries come in any order. A later entry of a path replaces an earlier one with everything
 * below it, except that a directory over a directory only replaces the metadata. Parents that no
 * entry named are made as root's, mode 0755, with the options' timestamp. Symbolic links are never
 * followed; a caller that wants them followed asks {@link #resolveParents} first. {@code
 * lost+found} is always there and stays a directory.
 *
 * <p>Content goes to the image as it is read. Removed content frees its blocks for what comes
 * later; bytes of it that nothing overwrites stay in the image's free space.
 *
 * <p>After {@link #finish()} the image is complete. After an exception from a method that writes,
 * nothing more can be written: those methods then throw {@link IllegalStateException}. Closing an
 * unfinished image leaves a file without a valid superblock for the caller to delete.
 *
 * <p>Not thread-safe. Interrupting the thread closes the image.
 */
public final class Ext4ImageWriter implements Closeable {
  /**
   * A symbolic link's target and its end fit into one block; ext4 documentation, "Symbolic Links".
   */
  private static final int MAX_TARGET_LENGTH = Geometry.BLOCK_SIZE - 1;

  // MKDEV of include/linux/kdev_t.h
  private static final int MAX_MAJOR = (1 << 12) - 1;
  private static final int MAX_MINOR = (1 << 20) - 1;

  /** A call that throws leaves the writer in the middle of writing. */
  private enum State {
    OPEN,
    WRITING,
    FINISHED
  }

  private final Volume volume;
  private final DirectoryTree tree;

  /** The metadata of parents that no entry named. */
  private final Ext4Metadata implied;

  private int layer;
  private State state = State.OPEN;

  private Ext4ImageWriter(Volume volume, Ext4Options options) throws IOException {
    this.volume = volume;
    implied = Ext4Metadata.of(0755, 0, 0, options.timestamp());
    int lostFound = volume.allocate(Ext4FileType.DIRECTORY);
    tree = new DirectoryTree(lostFound, options.maxDepth());
    Ext4Metadata closed = Ext4Metadata.of(0700, 0, 0, options.timestamp());
    volume.write(Inode.ROOT, Inode.create(Ext4FileType.DIRECTORY, implied));
    volume.write(lostFound, Inode.create(Ext4FileType.DIRECTORY, closed));
  }

  /**
   * Begins an image.
   *
   * @param file a path where there is nothing yet
   * @param options what the image is to be like
   * @return the writer
   * @throws java.nio.file.FileAlreadyExistsException if there is something; even a dangling
   *     symbolic link counts
   * @throws Ext4Exception {@code NO_SPACE} if the size is too small for the file system's own
   *     structures, {@code NO_INODES} if the options want more inodes than the size allows
   * @throws IOException if the file cannot be written
   */
  public static Ext4ImageWriter create(Path file, Ext4Options options) throws IOException {
    Volume volume = Volume.create(file, options);
    try {
      return new Ext4ImageWriter(volume, options);
    } catch (IOException | RuntimeException e) {
      volume.close();
      throw e;
    }
  }

  /**
   * Writes a directory, or gives an existing one, such as the root, other metadata.
   *
   * @param path the path
   * @param metadata the metadata
   * @throws Ext4Exception if it cannot be made
   * @throws IOException if the image cannot be written
   */
  public void directory(Ext4Path path, Ext4Metadata metadata) throws IOException {
    begin();
    if (path.depth() == 0) {
      volume.replace(Inode.ROOT, volume.newInode(path, Ext4FileType.DIRECTORY, metadata));
    } else {
      Directory parent = parentOf(path);
      int index = parent.find(lastName(path));
      if (index >= 0 && parent.type(index) == Ext4FileType.DIRECTORY) {
        Inode inode = volume.newInode(path, Ext4FileType.DIRECTORY, metadata);
        volume.replace(parent.inode(index), inode);
        parent.setLayer(index, layer);
      } else {
        clearWay(parent, path);
        insertDirectory(parent, lastName(path), path, metadata);
      }
    }
    state = State.OPEN;
  }

  /**
   * Makes a directory and those above it where they are missing, as parents that no entry named;
   * what is there stays as it is. Symbolic links are followed as the kernel does for a process
   * whose root directory is the image's, the last name too.
   *
   * @param path the path
   * @return whether there is a directory now; when a name is that of something else, of a symbolic
   *     link to nowhere or of more than 40 links, or the directory would be deeper than {@link
   *     Ext4Options#maxDepth()}, there is none and nothing was made
   * @throws Ext4Exception {@code NO_SPACE}, {@code NO_INODES}
   * @throws IOException if the image cannot be read or written
   */
  public boolean directories(Ext4Path path) throws IOException {
    begin();
    LinkFollower links = new LinkFollower(volume, tree);
    Directory directory = tree.root();
    int depth = 0;
    while (depth < path.depth() && directory != null && directory.find(path.rawName(depth)) >= 0) {
      directory = links.enter(directory, path.rawName(depth));
      depth++;
    }
    boolean fits = directory != null && tree.canHold(directory, path.depth() - depth);
    for (int i = depth; fits && i < path.depth(); i++) {
      directory = insertDirectory(directory, path.rawName(i), path, implied);
    }
    state = State.OPEN;
    return fits;
  }

  private Directory insertDirectory(
      Directory parent, byte[] name, Ext4Path path, Ext4Metadata metadata) throws IOException {
    try {
      int number = volume.allocate(Ext4FileType.DIRECTORY);
      volume.write(number, volume.newInode(path, Ext4FileType.DIRECTORY, metadata));
      parent.add(name, number, Ext4FileType.DIRECTORY, layer);
      return tree.add(number, parent.inode());
    } catch (Ext4Exception e) {
      throw e.named(path);
    }
  }

  /**
   * Writes a regular file.
   *
   * @param path the path
   * @param metadata the metadata
   * @param size the size in bytes
   * @param data the content, of which exactly {@code size} bytes are read; it is not closed
   * @throws Ext4Exception if it cannot be made, {@code TRUNCATED_CONTENT} if the content is shorter
   * @throws IOException if the image cannot be written or the content not be read
   */
  public void file(Ext4Path path, Ext4Metadata metadata, long size, InputStream data)
      throws IOException {
    List<DataRange> whole = size > 0 ? List.of(new DataRange(0, size)) : List.of();
    sparseFile(path, metadata, size, whole, data);
  }

  /**
   * Writes a regular file with holes.
   *
   * @param path the path
   * @param metadata the metadata
   * @param size the size in bytes
   * @param ranges where there is data, in ascending order without overlap; they need not begin or
   *     end at block boundaries, and what lies between reads as zeros
   * @param data the ranges' bytes one after the other, of which exactly as many as the ranges say
   *     are read; it is not closed
   * @throws Ext4Exception if it cannot be made, {@code INVALID_SIZE} if a range goes back or beyond
   *     the size, {@code TRUNCATED_CONTENT} if there is less data
   * @throws IOException if the image cannot be written or the content not be read
   */
  public void sparseFile(
      Ext4Path path, Ext4Metadata metadata, long size, List<DataRange> ranges, InputStream data)
      throws IOException {
    if (size < 0 || size > ExtentTree.MAX_BLOCKS * Geometry.BLOCK_SIZE) {
      throw new Ext4Exception(
          Ext4Exception.Reason.INVALID_SIZE, path + ": a file of " + size + " bytes");
    }
    List<DataRange> filled = ranges.stream().filter(range -> range.length() > 0).toList();
    long end = 0;
    for (DataRange range : filled) {
      if (range.offset() < end || range.end() > size) {
        throw new Ext4Exception(
            Ext4Exception.Reason.INVALID_SIZE,
            path + ": " + range + " goes back or beyond the size " + size);
      }
      end = range.end();
    }
    insert(
        path,
        Ext4FileType.FILE,
        metadata,
        (number, inode) -> {
          volume.storeContent(path, filled, data, number, inode);
          inode.setSize(size);
        });
  }

  /**
   * Writes a symbolic link.
   *
   * @param path the path
   * @param metadata the metadata; as on Linux the mode is 0777 whatever it says
   * @param target where it leads, 1 to 4095 bytes
   * @throws Ext4Exception if it cannot be made, {@code INVALID_SYMLINK} if the target is none
   * @throws IOException if the image cannot be written
   */
  public void symlink(Ext4Path path, Ext4Metadata metadata, byte[] target) throws IOException {
    boolean nul = false;
    for (byte b : target) {
      nul |= b == 0;
    }
    if (nul || target.length == 0 || target.length > MAX_TARGET_LENGTH) {
      throw new Ext4Exception(
          Ext4Exception.Reason.INVALID_SYMLINK,
          path + ": a target of " + target.length + " bytes" + (nul ? " with a NUL" : ""));
    }
    insert(
        path,
        Ext4FileType.SYMLINK,
        metadata,
        (number, inode) -> volume.storeTarget(target, number, inode));
  }

  /**
   * Writes a device, a named pipe or a socket.
   *
   * @param path the path
   * @param metadata the metadata
   * @param type {@code CHARACTER_DEVICE}, {@code BLOCK_DEVICE}, {@code FIFO} or {@code SOCKET}
   * @param major the device's major number, 0 to 4095; 0 unless it is a device
   * @param minor the device's minor number, 0 to 1048575; 0 unless it is a device
   * @throws IllegalArgumentException if the type is another or a number out of range
   * @throws Ext4Exception if it cannot be made
   * @throws IOException if the image cannot be written
   */
  public void special(Ext4Path path, Ext4Metadata metadata, Ext4FileType type, int major, int minor)
      throws IOException {
    boolean fits =
        switch (type) {
          case CHARACTER_DEVICE, BLOCK_DEVICE ->
              major >= 0 && major <= MAX_MAJOR && minor >= 0 && minor <= MAX_MINOR;
          case FIFO, SOCKET -> major == 0 && minor == 0;
          case FILE, DIRECTORY, SYMLINK -> false;
        };
    if (!fits) {
      throw new IllegalArgumentException(path + ": " + type + " " + major + ":" + minor);
    }
    insert(path, type, metadata, (number, inode) -> inode.setDevice(major, minor));
  }

  /**
   * Gives a file another name. The metadata stays that of the file.
   *
   * @param path the new name
   * @param existing a name of anything but a directory
   * @throws Ext4Exception if it cannot be made, {@code NOT_FOUND} if {@code existing} is not there,
   *     {@code IS_A_DIRECTORY} if it is one, {@code TOO_MANY_LINKS} if it has 65000 names
   * @throws IOException if the image cannot be written
   */
  public void hardLink(Ext4Path path, Ext4Path existing) throws IOException {
    begin();
    Directory holder = existing.depth() == 0 ? null : holderOf(existing);
    int index = holder == null ? -1 : holder.find(lastName(existing));
    if (index < 0 && existing.depth() > 0) {
      throw new Ext4Exception(
          Ext4Exception.Reason.NOT_FOUND, path + ": hard link to " + existing + ", not there");
    }
    if (index < 0 || holder.type(index) == Ext4FileType.DIRECTORY) {
      throw new Ext4Exception(
          Ext4Exception.Reason.IS_A_DIRECTORY,
          path + ": hard link to " + existing + ", a directory");
    }
    int number = holder.inode(index);
    Ext4FileType type = holder.type(index);
    Inode inode = volume.read(number);
    if (inode.links() >= Inode.MAX_LINKS) {
      throw new Ext4Exception(
          Ext4Exception.Reason.TOO_MANY_LINKS,
          path + ": " + existing + " already has " + inode.links() + " links");
    }
    // Counted first, so that the file survives if the new name replaces its last old one.
    inode.setLinks(inode.links() + 1);
    volume.write(number, inode);
    Directory parent = parentOf(path);
    clearWay(parent, path);
    parent.add(lastName(path), number, type, layer);
    state = State.OPEN;
  }

  /**
   * Removes an entry and everything below it. {@code lost+found} is emptied but stays.
   *
   * @param path the path, not the root
   * @return whether there was such an entry
   * @throws Ext4Exception {@code RESERVED} for the root, {@code TOO_DEEP}
   * @throws IOException if the image cannot be read or written
   */
  public boolean remove(Ext4Path path) throws IOException {
    // A directory of a lower layer that held only this may go at the next whiteout.
    tree.forgetPruned();
    return prune(path, DirectoryTree.ALL_LAYERS);
  }

  /**
   * Begins another layer: entries written until now become the lower ones for {@link #whiteout} and
   * {@link #opaque}.
   *
   * @throws Ext4Exception {@code TOO_MANY_LAYERS} after 65535
   */
  public void beginLayer() throws Ext4Exception {
    if (layer == Character.MAX_VALUE) {
      throw new Ext4Exception(Ext4Exception.Reason.TOO_MANY_LAYERS, "more than 65535 layers");
    }
    layer++;
    tree.forgetPruned();
  }

  /**
   * Removes what lower layers have at a path and below it. Entries of the current layer stay, and
   * directories that hold such; so it does not matter whether the whiteout comes before or after
   * them.
   *
   * @param path the path, not the root
   * @return whether there was such an entry
   * @throws Ext4Exception {@code RESERVED} for the root, {@code TOO_DEEP}
   * @throws IOException if the image cannot be read or written
   */
  public boolean whiteout(Ext4Path path) throws IOException {
    return prune(path, layer);
  }

  /**
   * Removes what lower layers have below a directory, as {@link #whiteout} does.
   *
   * @param path the directory; anything else is left alone
   * @return whether there was such a directory
   * @throws Ext4Exception {@code TOO_DEEP}
   * @throws IOException if the image cannot be read or written
   */
  public boolean opaque(Ext4Path path) throws IOException {
    begin();
    Directory directory = tree.walk(path, path.depth());
    if (directory != null && tree.beginPruning(directory)) {
      for (int i = 0; i < directory.count(); i++) {
        if (directory.isLive(i)) {
          tree.prune(directory, i, layer, volume::unlink);
        }
      }
    }
    state = State.OPEN;
    return directory != null;
  }

  private boolean prune(Ext4Path path, int beforeLayer) throws IOException {
    begin();
    refuseRoot(path);
    Directory holder = holderOf(path);
    int index = holder == null ? -1 : holder.find(lastName(path));
    if (index >= 0) {
      tree.prune(holder, index, beforeLayer, volume::unlink);
    }
    state = State.OPEN;
    return index >= 0;
  }

  /**
   * Looks a path up, without following symbolic links.
   *
   * @param path the path
   * @return the entry, or nothing if it or a parent is not there
   * @throws Ext4Exception {@code TOO_DEEP}
   * @throws IOException if the image cannot be read
   */
  public Optional<Ext4Entry> find(Ext4Path path) throws IOException {
    if (path.depth() == 0) {
      return Optional.of(entry(Inode.ROOT, true));
    }
    Directory holder = holderOf(path);
    int index = holder == null ? -1 : holder.find(lastName(path));
    return index < 0
        ? Optional.empty()
        : Optional.of(entry(holder.inode(index), holder.layer(index) == layer));
  }

  /**
   * Returns where a symbolic link leads.
   *
   * @param path the path
   * @return the target, or nothing if there is no symbolic link at the path
   * @throws Ext4Exception {@code TOO_DEEP}
   * @throws IOException if the image cannot be read
   */
  public Optional<byte[]> symlinkTarget(Ext4Path path) throws IOException {
    Directory holder = path.depth() == 0 ? null : holderOf(path);
    int index = holder == null ? -1 : holder.find(lastName(path));
    return index < 0 || holder.type(index) != Ext4FileType.SYMLINK
        ? Optional.empty()
        : Optional.of(volume.readTarget(volume.read(holder.inode(index))));
  }

  /**
   * Follows the symbolic links among a path's parents as the kernel does for a process whose root
   * directory is the image's: absolute targets begin at that root, {@code ..} does not lead out of
   * it. Names that are not there are taken as they stand, so the result may have parents to make.
   * The last name is not followed.
   *
   * @param path the path
   * @return the same path, or one whose parents are no symbolic links
   * @throws Ext4Exception {@code SYMLINK_LOOP} after 40 links, {@code TOO_DEEP}, {@code
   *     INVALID_NAME} if a target has a name too long
   * @throws IOException if the image cannot be read
   */
  public Ext4Path resolveParents(Ext4Path path) throws IOException {
    tree.checkDepth(path);
    Deque<byte[]> ahead = new ArrayDeque<>();
    for (int i = 0; i < path.depth() - 1; i++) {
      ahead.add(path.rawName(i));
    }
    List<byte[]> names = new ArrayList<>();
    // For each name the directory it leads to, or null.
    List<Directory> way = new ArrayList<>();
    int followed = 0;
    while (!ahead.isEmpty()) {
      byte[] name = ahead.pop();
      Directory holder = way.isEmpty() ? tree.root() : way.get(way.size() - 1);
      int index = holder == null ? -1 : holder.find(name);
      if (Ext4Path.isParent(name)) {
        if (!names.isEmpty()) {
          names.remove(names.size() - 1);
          way.remove(way.size() - 1);
        }
      } else if (index >= 0 && holder.type(index) == Ext4FileType.SYMLINK) {
        if (++followed > LinkFollower.MAX_LINKS) {
          throw new Ext4Exception(
              Ext4Exception.Reason.SYMLINK_LOOP,
              path + ": more than " + LinkFollower.MAX_LINKS + " symbolic links to follow");
        }
        byte[] target = volume.readTarget(volume.read(holder.inode(index)));
        if (target[0] == '/') {
          names.clear();
          way.clear();
        }
        Ext4Path.pushNames(target, ahead);
      } else {
        names.add(name);
        way.add(index < 0 ? null : tree.child(holder, index));
      }
    }
    if (followed == 0) {
      return path;
    }
    names.add(lastName(path));
    Ext4Path resolved = Ext4Path.of(names);
    tree.checkDepth(resolved);
    return resolved;
  }

  private Ext4Entry entry(int number, boolean currentLayer) throws IOException {
    Inode inode = volume.read(number);
    return new Ext4Entry(
        inode.type(),
        number,
        inode.links(),
        inode.mode(),
        inode.uid(),
        inode.gid(),
        inode.size(),
        inode.mtime(),
        currentLayer);
  }

  /** {@return the bytes left for content, directories and extended attributes} */
  public long freeBytes() {
    return volume.freeBytes();
  }

  /**
   * Completes the image: writes directories and all that describes the whole, the superblock last.
   * Nothing but {@link #close()} may follow.
   *
   * @throws Ext4Exception {@code NO_SPACE} if the directories do not fit, {@code
   *     DIRECTORY_TOO_LARGE}
   * @throws IOException if the image cannot be written
   */
  public void finish() throws IOException {
    begin();
    volume.finish(tree);
    state = State.FINISHED;
  }

  @Override
  public void close() throws IOException {
    state = State.FINISHED;
    volume.close();
  }

  private void begin() {
    if (state != State.OPEN) {
      throw new IllegalStateException(
          state == State.FINISHED ? "the image is finished" : "an earlier call failed");
    }
    state = State.WRITING;
  }

  /** Completes a new inode. */
  private interface Body {
    void store(int number, Inode inode) throws IOException;
  }

  private void insert(Ext4Path path, Ext4FileType type, Ext4Metadata metadata, Body body)
      throws IOException {
    begin();
    Directory parent = parentOf(path);
    clearWay(parent, path);
    try {
      int number = volume.allocate(type);
      Inode inode = volume.newInode(path, type, metadata);
      body.store(number, inode);
      volume.write(number, inode);
      parent.add(lastName(path), number, type, layer);
    } catch (Ext4Exception e) {
      throw e.named(path);
    }
    state = State.OPEN;
  }

  private static byte[] lastName(Ext4Path path) {
    return path.rawName(path.depth() - 1);
  }

  private static void refuseRoot(Ext4Path path) throws Ext4Exception {
    if (path.depth() == 0) {
      throw new Ext4Exception(
          Ext4Exception.Reason.RESERVED, "the root can only be a directory and stays");
    }
  }

  /** Returns the directory that holds the path's entry, or null. */
  private Directory holderOf(Ext4Path path) throws Ext4Exception {
    return tree.walk(path, path.depth() - 1);
  }

  /** Returns the directory that holds the path's entry; makes it and those above. */
  private Directory parentOf(Ext4Path path) throws IOException {
    tree.checkDepth(path);
    refuseRoot(path);
    Directory directory = tree.root();
    for (int i = 0; i < path.depth() - 1; i++) {
      int index = directory.find(path.rawName(i));
      Directory next =
          index < 0
              ? insertDirectory(directory, path.rawName(i), path, implied)
              : tree.child(directory, index);
      if (next == null) {
        throw new Ext4Exception(
            Ext4Exception.Reason.NOT_A_DIRECTORY,
            path + ": the parent " + (i + 1) + " names deep is a " + directory.type(index));
      }
      directory = next;
    }
    return directory;
  }

  /** Removes what is at the path, so that something else can be written there. */
  private void clearWay(Directory parent, Ext4Path path) throws IOException {
    int index = parent.find(lastName(path));
    if (index >= 0 && parent.inode(index) == tree.lostFound()) {
      throw new Ext4Exception(Ext4Exception.Reason.RESERVED, path + " can only be a directory");
    }
    if (index >= 0) {
      tree.prune(parent, index, DirectoryTree.ALL_LAYERS, volume::unlink);
    }
  }
}
