// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * A path inside the image: a list of names counted from the root. Names are bytes, in any encoding.
 *
 * <p>There is no relative path, no {@code .} and no {@code ..}; a caller with such names (a tar's
 * {@code ./usr/}) decides itself what they mean before it comes here. Immutable.
 */
public final class Ext4Path {
  /** The longest name in bytes; ext4 documentation, EXT4_NAME_LEN. */
  public static final int MAX_NAME_LENGTH = 255;

  /** The root directory. */
  public static final Ext4Path ROOT = new Ext4Path(new byte[0][]);

  private final byte[][] names;

  private Ext4Path(byte[][] names) {
    this.names = names;
  }

  /**
   * Parses names separated by single slashes, such as {@code usr/bin/env}. The empty path is the
   * root.
   *
   * @param path the path, without a slash at either end
   * @return the path
   * @throws Ext4Exception {@code INVALID_NAME} if a name is empty, {@code .}, {@code ..}, longer
   *     than 255 bytes or holds a NUL; an absolute path has an empty first name
   */
  public static Ext4Path parse(byte[] path) throws Ext4Exception {
    if (path.length == 0) {
      return ROOT;
    }
    int count = 1;
    for (byte b : path) {
      if (b == '/') {
        count++;
      }
    }
    byte[][] names = new byte[count][];
    int start = 0;
    for (int i = 0; i < count; i++) {
      int end = start;
      while (end < path.length && path[end] != '/') {
        end++;
      }
      names[i] = Arrays.copyOfRange(path, start, end);
      check(names[i], path);
      start = end + 1;
    }
    return new Ext4Path(names);
  }

  /**
   * Parses a path in UTF-8; see {@link #parse(byte[])}.
   *
   * @param path the path
   * @return the path
   * @throws Ext4Exception {@code INVALID_NAME} as {@link #parse(byte[])}
   */
  public static Ext4Path of(String path) throws Ext4Exception {
    return parse(path.getBytes(UTF_8));
  }

  /**
   * Makes a path of names.
   *
   * @param names the names from the root down; none for the root
   * @return the path
   * @throws Ext4Exception {@code INVALID_NAME} if a name is not one, or holds a slash
   */
  public static Ext4Path of(List<byte[]> names) throws Ext4Exception {
    byte[][] copy = new byte[names.size()][];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = names.get(i).clone();
      check(copy[i], copy[i]);
    }
    return copy.length == 0 ? ROOT : new Ext4Path(copy);
  }

  /**
   * Returns the path of an entry in this directory.
   *
   * @param name the entry's name
   * @return the longer path
   * @throws Ext4Exception {@code INVALID_NAME} if it is not a name
   */
  public Ext4Path resolve(byte[] name) throws Ext4Exception {
    check(name, name);
    byte[][] longer = Arrays.copyOf(names, names.length + 1);
    longer[names.length] = name.clone();
    return new Ext4Path(longer);
  }

  /**
   * Tells the number of names.
   *
   * @return the number of names, 0 for the root
   */
  public int depth() {
    return names.length;
  }

  /**
   * Returns the path of the directory that holds this entry; the root's is the root.
   *
   * @return the parent
   */
  public Ext4Path parent() {
    return names.length <= 1 ? ROOT : new Ext4Path(Arrays.copyOf(names, names.length - 1));
  }

  /**
   * Returns one name.
   *
   * @param index 0 for the name below the root
   * @return a copy of the name
   */
  public byte[] name(int index) {
    return names[index].clone();
  }

  /** The name itself, not to be changed. */
  byte[] rawName(int index) {
    return names[index];
  }

  static boolean isParent(byte[] name) {
    return name.length == 2 && name[0] == '.' && name[1] == '.';
  }

  /**
   * Puts the names of a symbolic link's target before others, {@code ..} included, {@code .} and
   * empty ones left out.
   */
  static void pushNames(byte[] target, Deque<byte[]> names) {
    int end = target.length;
    for (int i = target.length - 1; i >= -1; i--) {
      if (i < 0 || target[i] == '/') {
        boolean named = end - i > 2 || (end - i == 2 && target[i + 1] != '.');
        if (named) {
          names.push(Arrays.copyOfRange(target, i + 1, end));
        }
        end = i;
      }
    }
  }

  private static void check(byte[] name, byte[] path) throws Ext4Exception {
    String fault = null;
    if (name.length == 0) {
      fault = "an empty name";
    } else if (name.length > MAX_NAME_LENGTH) {
      fault = "a name of " + name.length + " bytes, more than " + MAX_NAME_LENGTH;
    } else if (name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'))) {
      fault = "the name \"" + quote(name) + "\"";
    } else {
      for (byte b : name) {
        if (b == 0 || b == '/') {
          fault = b == 0 ? "a NUL" : "a slash in a name";
        }
      }
    }
    if (fault != null) {
      throw new Ext4Exception(
          Ext4Exception.Reason.INVALID_NAME, "\"" + quote(path) + "\" has " + fault);
    }
  }

  /** Shows bytes on one line: printable ASCII as it is, other bytes in octal, long ones cut. */
  static String quote(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    // Long enough to recognise an entry, short enough for a log line.
    int shown = Math.min(bytes.length, 512);
    for (int i = 0; i < shown; i++) {
      byte b = bytes[i];
      if (b < 0x20 || b == 0x7F || b == '"' || b == '\\') {
        text.append(String.format("\\%03o", b & 0xFF));
      } else {
        text.append((char) b);
      }
    }
    return shown < bytes.length ? text.append("...").toString() : text.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Ext4Path path && Arrays.deepEquals(names, path.names);
  }

  @Override
  public int hashCode() {
    return Arrays.deepHashCode(names);
  }

  /** Returns the path for people: absolute, bytes outside printable ASCII in octal. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (byte[] name : names) {
      text.append('/').append(quote(name));
      if (text.length() > 1024) {
        return text.append("/...").toString();
      }
    }
    return names.length == 0 ? "/" : text.toString();
  }
}
