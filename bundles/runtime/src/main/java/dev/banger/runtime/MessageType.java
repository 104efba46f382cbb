// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

/** The types of frames on the daemon's socket: docs/protocol.md. */
final class MessageType {
  static final int REQUEST = 0x01;
  static final int STDIN = 0x02;
  static final int RESIZE = 0x03;
  static final int SIGNAL = 0x04;
  static final int CANCEL = 0x05;
  static final int LOCAL_EXIT = 0x06;

  static final int STDOUT = 0x11;
  static final int STDERR = 0x12;
  static final int PROGRESS = 0x13;
  static final int WINDOW = 0x14;
  static final int RUN_LOCAL = 0x15;
  static final int TERMINAL = 0x16;
  static final int RESULT = 0x1e;
  static final int ERROR = 0x1f;

  static final int REQUEST_LIMIT = 1 << 20;
  static final int CLIENT_FRAME_LIMIT = 64 << 10;
  static final int DAEMON_FRAME_LIMIT = 16 << 20;

  /**
   * What the daemon sends of an output at once; small, so that RESIZE or an error is never late.
   */
  static final int OUTPUT_CHUNK = 64 << 10;

  static final int PROTOCOL_VERSION = 1;

  private MessageType() {}
}
