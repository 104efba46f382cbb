// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.workseed;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.banger.ext4.Ext4Path;
import dev.banger.imageservice.layers.LayerLimits;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an image has in /root. A work disk that was once copied into the image with its directory
 * leaves a home in the home; what is in such a nested one counts as if it were one directory
 * further up, unless there is something of that name already. Directories of one name become one.
 *
 * <p>Not thread-safe.
 */
final class HomeDirectory {
  private static final ByteBuffer NAME = ByteBuffer.wrap("root".getBytes(US_ASCII));
  private static final ByteBuffer LOST_FOUND = ByteBuffer.wrap("lost+found".getBytes(US_ASCII));

  /** MAXSYMLINKS of include/linux/namei.h. */
  private static final int MAX_LINKS_FOLLOWED = 40;

  /** Sees the tree, each directory before what is in it. */
  interface Visitor {
    /**
     * @param path counted from the home
     * @param node what is there
     */
    void visit(Ext4Path path, Ext4Node node) throws IOException;
  }

  private final Ext4Volume volume;

  /** The home, then the one nested in it, and so on. */
  private final List<Ext4Node> homes;

  private HomeDirectory(Ext4Volume volume, List<Ext4Node> homes) {
    this.volume = volume;
    this.homes = homes;
  }

  /**
   * Finds /root as a process in the image would: symbolic links are followed inside the image.
   *
   * @return nothing when there is no such directory
   */
  static Optional<HomeDirectory> find(Ext4Volume volume) throws IOException {
    Optional<Ext4Node> home = walk(volume);
    if (home.isEmpty()) {
      return Optional.empty();
    }
    List<Ext4Node> homes = new ArrayList<>();
    Set<Long> seen = new HashSet<>();
    Optional<Ext4Node> next = home;
    while (next.isPresent() && next.get().isDirectory()) {
      if (!seen.add(next.get().number())) {
        throw linkedTwice(next.get());
      }
      homes.add(next.get());
      next = child(next.get(), NAME);
    }
    return Optional.of(new HomeDirectory(volume, homes));
  }

  private static Optional<Ext4Node> walk(Ext4Volume volume) throws IOException {
    Deque<Ext4Node> way = new ArrayDeque<>(List.of(volume.node(Ext4Volume.ROOT)));
    Deque<ByteBuffer> ahead = new ArrayDeque<>(List.of(NAME));
    for (int followed = 0; !ahead.isEmpty(); ) {
      ByteBuffer name = ahead.pop();
      if (isParent(name)) {
        if (way.size() > 1) {
          way.pop();
        }
        continue;
      }
      Optional<Ext4Node> found = child(way.element(), name);
      if (found.isEmpty()) {
        return Optional.empty();
      }
      switch (found.get().type()) {
        case DIRECTORY -> way.push(found.get());
        case SYMLINK -> {
          if (++followed > MAX_LINKS_FOLLOWED) {
            return Optional.empty();
          }
          byte[] target = found.get().target();
          while (target[0] == '/' && way.size() > 1) {
            way.pop();
          }
          pushNames(target, ahead);
        }
        default -> {
          return Optional.empty();
        }
      }
    }
    return Optional.of(way.element());
  }

  private static boolean isParent(ByteBuffer name) {
    return name.equals(ByteBuffer.wrap(new byte[] {'.', '.'}));
  }

  /** The names of a link's target go before those ahead; empty ones and "." mean nothing. */
  private static void pushNames(byte[] target, Deque<ByteBuffer> ahead) {
    int end = target.length;
    for (int i = target.length - 1; i >= -1; i--) {
      if (i < 0 || target[i] == '/') {
        int length = end - i - 1;
        if (length > 1 || (length == 1 && target[i + 1] != '.')) {
          ahead.push(ByteBuffer.wrap(target, i + 1, length).slice());
        }
        end = i;
      }
    }
  }

  private static Optional<Ext4Node> child(Ext4Node directory, ByteBuffer name) throws IOException {
    Long number = DirectoryListing.read(directory).get(name);
    return number == null ? Optional.empty() : Optional.of(directory.volume().node(number));
  }

  /** Shows the home as the empty path, and all that is in it. */
  void walk(Visitor visitor, Operation operation) throws IOException {
    visitor.visit(Ext4Path.ROOT, homes.get(0));
    new Walk(visitor, operation).run();
  }

  /** A directory on the way down, with what is left of it. */
  private record Level(Ext4Path path, Iterator<Map.Entry<ByteBuffer, List<Ext4Node>>> entries) {}

  private final class Walk {
    private final Visitor visitor;
    private final Operation operation;
    private final Set<Long> entered = new HashSet<>();
    private long entries;

    Walk(Visitor visitor, Operation operation) {
      this.visitor = visitor;
      this.operation = operation;
    }

    void run() throws IOException {
      // No recursion: hostile trees are deeper than a thread's stack.
      Deque<Level> way = new ArrayDeque<>(List.of(level(Ext4Path.ROOT, homes)));
      while (!way.isEmpty()) {
        Level level = way.element();
        if (!level.entries.hasNext()) {
          way.pop();
          continue;
        }
        Map.Entry<ByteBuffer, List<Ext4Node>> entry = level.entries.next();
        List<Ext4Node> nodes = entry.getValue();
        Ext4Path path = level.path.resolve(entry.getKey().array());
        visitor.visit(path, nodes.get(0));
        if (nodes.get(0).isDirectory()) {
          way.push(level(path, nodes.stream().filter(Ext4Node::isDirectory).toList()));
        }
      }
    }

    /**
     * @param directories that are one, the first before the others
     */
    private Level level(Ext4Path path, List<Ext4Node> directories) throws IOException {
      if (path.depth() >= LayerLimits.DEFAULT.pathDepth()) {
        throw new UnfitFileSystemException("has directories in /root that are too deep");
      }
      return new Level(path, merged(path, directories).entrySet().iterator());
    }

    private Map<ByteBuffer, List<Ext4Node>> merged(Ext4Path path, List<Ext4Node> directories)
        throws IOException {
      Map<ByteBuffer, List<Ext4Node>> all = new LinkedHashMap<>();
      for (Ext4Node directory : directories) {
        if (!entered.add(directory.number())) {
          throw linkedTwice(directory);
        }
        for (Map.Entry<ByteBuffer, Long> entry : DirectoryListing.read(directory).entrySet()) {
          operation.check();
          if (++entries > LayerLimits.DEFAULT.entries()) {
            throw new UnfitFileSystemException("has too many files in /root");
          }
          Ext4Node node = volume.node(entry.getValue());
          if (path.depth() > 0 || isKept(entry.getKey(), node)) {
            all.computeIfAbsent(entry.getKey(), name -> new ArrayList<>(1)).add(node);
          }
        }
      }
      return all;
    }
  }

  /** At the top: not the nested homes themselves, and not what a file system cannot hold there. */
  private static boolean isKept(ByteBuffer name, Ext4Node node) {
    return node.isDirectory() ? !name.equals(NAME) : !name.equals(LOST_FOUND);
  }

  private static UnfitFileSystemException linkedTwice(Ext4Node directory) {
    return new UnfitFileSystemException(
        "is damaged: the directory of inode " + directory.number() + " is in two places");
  }
}
