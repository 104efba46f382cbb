// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The fields of a structured payload: u8 tag, u32 length, bytes. */
final class AgentFields {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  AgentFields add(int tag, byte[] value) {
    bytes.write(tag);
    bytes.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(value.length).array());
    bytes.writeBytes(value);
    return this;
  }

  /** Adds a text; null: nothing. */
  AgentFields add(int tag, String value) {
    return value == null ? this : add(tag, value.getBytes(StandardCharsets.UTF_8));
  }

  byte[] payload() {
    return bytes.toByteArray();
  }

  /** The fields of a guest's payload from an offset on; what is cut short ends the list. */
  static List<Field> parse(byte[] payload, int offset) {
    List<Field> fields = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(payload);
    in.position(Math.min(offset, payload.length));
    while (in.remaining() >= 1 + Integer.BYTES) {
      int tag = in.get() & 0xff;
      int length = in.getInt();
      if (length < 0 || length > in.remaining()) {
        break;
      }
      byte[] value = new byte[length];
      in.get(value);
      fields.add(new Field(tag, value));
    }
    return fields;
  }

  /** The text of the first field with a tag, fit for a terminal; or the fallback. */
  static String text(List<Field> fields, int tag, String fallback) {
    return fields.stream()
        .filter(field -> field.tag == tag)
        .map(Field::text)
        .findFirst()
        .orElse(fallback);
  }

  /**
   * One field.
   *
   * @param tag what it is
   * @param value its bytes
   */
  @SuppressWarnings("ArrayRecordComponent") // fields are read once, never compared
  record Field(int tag, byte[] value) {
    private static final int LONGEST_TEXT = 1024;

    /** The value as text, without control characters and bounded. */
    String text() {
      String text =
          new String(value, 0, Math.min(value.length, LONGEST_TEXT), StandardCharsets.UTF_8);
      return GuestText.printable(text);
    }
  }
}
