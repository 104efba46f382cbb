// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Makes tars byte by byte, so that they can lie. Names have one character for each byte. What is
 * set about metadata holds for the next entry only.
 */
final class TarBytes {
  static final int RECORD = 512;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Map<String, byte[]> pax = new LinkedHashMap<>();
  private int mode = -1;
  private long owner;
  private long group;
  private int major;
  private int minor;

  TarBytes mode(int value) {
    mode = value;
    return this;
  }

  TarBytes owner(long uid, long gid) {
    owner = uid;
    group = gid;
    return this;
  }

  TarBytes device(int high, int low) {
    major = high;
    minor = low;
    return this;
  }

  TarBytes pax(String key, String value) {
    return pax(key, value.getBytes(UTF_8));
  }

  TarBytes pax(String key, byte[] value) {
    pax.put(key, value);
    return this;
  }

  TarBytes directory(String name) {
    return add('5', name, "", 0, new byte[0]);
  }

  TarBytes file(String name, String content) {
    return file(name, content.getBytes(UTF_8));
  }

  TarBytes file(String name, byte[] content) {
    return add('0', name, "", content.length, content);
  }

  TarBytes symlink(String name, String target) {
    return add('2', name, target, 0, new byte[0]);
  }

  TarBytes hardLink(String name, String existing) {
    return add('1', name, existing, 0, new byte[0]);
  }

  TarBytes special(char type, String name) {
    return add(type, name, "", 0, new byte[0]);
  }

  TarBytes add(char type, String name, String link, long size, byte[] content) {
    if (name.length() > 100) {
      pax("path", name.getBytes(ISO_8859_1));
    }
    if (link.length() > 100) {
      pax("linkpath", link.getBytes(ISO_8859_1));
    }
    if (!pax.isEmpty()) {
      byte[] records = records(pax);
      pax.clear();
      header('x', "PaxHeader", "", records.length, 0644);
      content(records);
    }
    header(type, name, link, size, mode >= 0 ? mode : type == '5' ? 0755 : 0644);
    content(content);
    mode = -1;
    owner(0, 0).device(0, 0);
    return this;
  }

  /** A PAX header with any bytes. */
  TarBytes paxHeader(char type, byte[] records, long size) {
    header(type, "PaxHeader", "", size, 0644);
    content(records);
    return this;
  }

  static byte[] records(Map<String, byte[]> values) {
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    values.forEach((key, value) -> records.writeBytes(record(key, value)));
    return records.toByteArray();
  }

  static byte[] record(String key, byte[] value) {
    int rest = 3 + key.getBytes(UTF_8).length + value.length;
    int length = rest;
    while (length != rest + Integer.toString(length).length()) {
      length = rest + Integer.toString(length).length();
    }
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    record.writeBytes((length + " " + key + "=").getBytes(UTF_8));
    record.writeBytes(value);
    record.write('\n');
    return record.toByteArray();
  }

  /** A header alone, with a right checksum. */
  TarBytes header(char type, String name, String link, long size, int permissions) {
    byte[] header = new byte[RECORD];
    put(header, 0, name, 100);
    put(header, 100, String.format("%07o", permissions), 8);
    put(header, 108, number(owner, 8), 8);
    put(header, 116, number(group, 8), 8);
    put(header, 124, number(size, 12), 12);
    put(header, 136, String.format("%011o", 1_700_000_000L), 12);
    header[156] = (byte) type;
    put(header, 157, link, 100);
    put(header, 257, "ustar\00000", 8);
    put(header, 329, String.format("%07o", major), 8);
    put(header, 337, String.format("%07o", minor), 8);
    out.writeBytes(withChecksum(header));
    return this;
  }

  TarBytes raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  static byte[] withChecksum(byte[] header) {
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xFF;
    }
    put(header, 148, String.format("%06o\0", sum), 8);
    return header;
  }

  /** Octal, or GNU's base 256 where that does not fit. */
  private static String number(long value, int width) {
    String octal = Long.toOctalString(value);
    if (value >= 0 && octal.length() < width) {
      return "0".repeat(width - 1 - octal.length()) + octal;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < width; i++) {
      int shift = 8 * (width - 1 - i);
      long b = shift >= 64 ? (value < 0 ? 0xFF : 0) : value >> shift & 0xFF;
      text.append((char) (i == 0 ? b | 0x80 : b));
    }
    return text.toString();
  }

  private static void put(byte[] header, int at, String text, int width) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    System.arraycopy(bytes, 0, header, at, Math.min(bytes.length, width));
  }

  private void content(byte[] content) {
    out.writeBytes(content);
    out.writeBytes(new byte[Math.floorMod(-content.length, RECORD)]);
  }

  /** What was added so far, without the end of an archive. */
  byte[] soFar() {
    return out.toByteArray();
  }

  byte[] end() {
    byte[] all = Arrays.copyOf(out.toByteArray(), out.size() + 2 * RECORD);
    return all;
  }
}
