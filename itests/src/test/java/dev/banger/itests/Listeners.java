// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The TCP sockets on which a process listens: proc_net_tcp(5). */
final class Listeners {
  private static final String LISTEN = "0A";
  private static final String MAPPED = "0000000000000000FFFF0000";

  private Listeners() {}

  /**
   * Returns what a process listens on: {@code 127.0.0.1:8080}, or the kernel's own form where it is
   * no IPv4 address.
   */
  static Set<String> of(long pid) throws IOException {
    Set<String> inodes = sockets(pid);
    Set<String> listeners = new TreeSet<>();
    for (String table : new String[] {"tcp", "tcp6"}) {
      for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "net", table))) {
        String[] fields = line.strip().split("\\s+");
        if (fields[3].equals(LISTEN) && inodes.contains(fields[9])) {
          listeners.add(address(fields[1]));
        }
      }
    }
    return listeners;
  }

  private static Set<String> sockets(long pid) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
      return files
          .map(Listeners::target)
          .filter(each -> each.startsWith("socket:["))
          .map(each -> each.substring("socket:[".length(), each.length() - 1))
          .collect(Collectors.toSet());
    }
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }

  private static String address(String hexadecimal) {
    String[] parts = hexadecimal.split(":");
    int port = Integer.parseInt(parts[1], 16);
    String host = parts[0].startsWith(MAPPED) ? parts[0].substring(MAPPED.length()) : parts[0];
    if (host.length() != 8) {
      return host + ":" + port;
    }
    int address = Integer.parseUnsignedInt(host, 16); // the first byte is the last digits
    return (address & 0xff)
        + "."
        + (address >>> 8 & 0xff)
        + "."
        + (address >>> 16 & 0xff)
        + "."
        + (address >>> 24)
        + ":"
        + port;
  }
}
