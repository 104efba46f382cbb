// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The records of a PAX extended header, values as the bytes they are. POSIX.1-2017, pax, "pax
 * Extended Header".
 */
final class PaxRecords {
  static final PaxRecords NONE = new PaxRecords();

  static final String XATTR_PREFIX = "SCHILY.xattr.";

  private static final String SPARSE_OFFSET = "GNU.sparse.offset";
  private static final String SPARSE_LENGTH = "GNU.sparse.numbytes";

  /** More than any time or size has; bounds the work with hostile ones. */
  private static final int MAX_NUMBER_LENGTH = 40;

  private static final Pattern INTEGER = Pattern.compile("[0-9]{1,19}");
  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,15}(\\.[0-9]*)?");

  /** Keys one character for each byte. */
  private final Map<String, byte[]> values = new HashMap<>();

  /** GNU's sparse format 0.0 repeats two keys. */
  private final SparseMap.Builder repeated = new SparseMap.Builder();

  private long repeatedOffset = -1;

  private PaxRecords() {}

  /**
   * Parses a header's content.
   *
   * @throws TarFaultException when a record's length is a lie or it has no key
   */
  static PaxRecords parse(byte[] header) throws TarFaultException {
    PaxRecords records = new PaxRecords();
    int at = 0;
    while (at < header.length) {
      at = records.add(header, at);
    }
    return records;
  }

  /** Takes the record that begins at an offset and returns where it ends. */
  private int add(byte[] header, int start) throws TarFaultException {
    int at = start;
    int length = 0;
    while (at < header.length && header[at] >= '0' && header[at] <= '9' && length < header.length) {
      length = 10 * length + header[at++] - '0';
    }
    int end = start + length;
    boolean whole =
        at > start && at < header.length && header[at] == ' ' && end > at && end <= header.length;
    if (!whole || header[end - 1] != '\n') {
      throw new TarFaultException("a PAX record's length is not its length");
    }
    int equals = at + 1;
    while (equals < end && header[equals] != '=') {
      equals++;
    }
    if (equals == at + 1 || equals == end) {
      throw new TarFaultException("a PAX record has no key");
    }
    String key = new String(header, at + 1, equals - at - 1, ISO_8859_1);
    byte[] value = Arrays.copyOfRange(header, equals + 1, end - 1);
    if (key.equals(SPARSE_OFFSET)) {
      repeatedOffset = number(key, value);
    } else if (key.equals(SPARSE_LENGTH)) {
      repeated.add(repeatedOffset, number(key, value));
    } else {
      values.put(key, value);
    }
    return end;
  }

  /** These records over those of a global header. */
  PaxRecords over(PaxRecords global) {
    if (global.values.isEmpty()) {
      return this;
    }
    PaxRecords both = new PaxRecords();
    both.values.putAll(global.values);
    both.values.putAll(values);
    return both;
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  /** The keys and values, keys one character for each byte; not to be changed. */
  Map<String, byte[]> all() {
    return values;
  }

  /** A value that is not empty; an empty one takes the record back. */
  Optional<byte[]> bytes(String key) {
    byte[] value = values.get(key);
    return value == null || value.length == 0 ? Optional.empty() : Optional.of(value);
  }

  /** A number from 0 to 2^63-1. */
  Optional<Long> number(String key) throws TarFaultException {
    Optional<byte[]> value = bytes(key);
    return value.isEmpty() ? Optional.empty() : Optional.of(number(key, value.get()));
  }

  private static long number(String key, byte[] value) throws TarFaultException {
    String text = new String(value, ISO_8859_1);
    if (!INTEGER.matcher(text).matches() || new BigInteger(text).bitLength() > 63) {
      throw new TarFaultException("the PAX record " + key + " is no number that can be");
    }
    return Long.parseLong(text);
  }

  /**
   * A time in seconds since the epoch with any number of decimals; finer than nanoseconds is cut.
   */
  Optional<Instant> time(String key) throws TarFaultException {
    Optional<byte[]> value = bytes(key);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    String text = new String(value.get(), ISO_8859_1);
    if (text.length() > MAX_NUMBER_LENGTH || !DECIMAL.matcher(text).matches()) {
      throw new TarFaultException("the PAX record " + key + " is no time");
    }
    BigDecimal seconds = new BigDecimal(text.endsWith(".") ? text + "0" : text);
    BigDecimal whole = seconds.setScale(0, RoundingMode.FLOOR);
    try {
      return Optional.of(
          Instant.ofEpochSecond(
              whole.longValueExact(), seconds.subtract(whole).movePointRight(9).longValue()));
    } catch (DateTimeException e) {
      throw new TarFaultException("the PAX record " + key + " is a time beyond all calendars", e);
    }
  }

  /** The map of GNU's sparse formats 0.0 and 0.1. */
  SparseMap.Builder sparseMap() throws TarFaultException {
    Optional<byte[]> map = bytes("GNU.sparse.map");
    if (map.isEmpty()) {
      return repeated;
    }
    SparseMap.Builder builder = new SparseMap.Builder();
    String[] numbers = new String(map.get(), ISO_8859_1).split(",", -1);
    if (numbers.length % 2 != 0) {
      throw new TarFaultException("a sparse map has an offset without a length");
    }
    for (int i = 0; i < numbers.length; i += 2) {
      builder.add(
          number("GNU.sparse.map", numbers[i].getBytes(ISO_8859_1)),
          number("GNU.sparse.map", numbers[i + 1].getBytes(ISO_8859_1)));
    }
    return builder;
  }
}
