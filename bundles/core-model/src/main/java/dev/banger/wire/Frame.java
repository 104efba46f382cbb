// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.wire;

/**
 * One frame: the unit of both of banger's protocols.
 *
 * @param stream which conversation it belongs to; unsigned 32 bits
 * @param type what it is; 0 to 255
 * @param payload its bytes; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // frames are passed on, never compared
public record Frame(int stream, int type, byte[] payload) {
  /** Bytes before the payload: u32 length, u32 stream, u8 type, all big-endian. */
  public static final int HEADER_BYTES = 9;
}
