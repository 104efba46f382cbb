// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import dev.banger.ext4.Ext4Path;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Turns the names in a tar into paths of the image. */
final class EntryNames {
  private EntryNames() {}

  /**
   * Reads a name. It counts from the image's root, with or without a slash or {@code ./} before it.
   *
   * @param depth how many names deep it may be
   * @throws TarFaultException when it has a {@code ..}, or too many names
   * @throws dev.banger.ext4.Ext4Exception when a name in it is too long or has a NUL
   */
  static Ext4Path path(byte[] name, int depth) throws IOException {
    List<byte[]> names = new ArrayList<>();
    int start = 0;
    for (int end = 0; end <= name.length; end++) {
      if (end == name.length || name[end] == '/') {
        int length = end - start;
        boolean here = length == 0 || (length == 1 && name[start] == '.');
        if (length == 2 && name[start] == '.' && name[start + 1] == '.') {
          throw new TarFaultException(
              "the name \"" + LayerFault.printable(name) + "\" leads upwards with \"..\"");
        }
        if (!here) {
          if (names.size() == depth) {
            throw new TarFaultException(
                "the name \""
                    + LayerFault.printable(name)
                    + "\" is more than "
                    + depth
                    + " names deep");
          }
          names.add(Arrays.copyOfRange(name, start, end));
        }
        start = end + 1;
      }
    }
    return Ext4Path.of(names);
  }
}
