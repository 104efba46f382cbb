// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.guest.ExecStreams;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** The streams of a transfer: one direction of bytes, and what the guest says about it. */
final class TransferStreams implements ExecStreams {
  private static final int LONGEST_MESSAGE = 4096;

  private final InputStream input;
  private final OutputStream output;
  private final ByteArrayOutputStream messages = new ByteArrayOutputStream();

  private TransferStreams(InputStream input, OutputStream output) {
    this.input = input;
    this.output = output;
  }

  static TransferStreams into(InputStream tar) {
    return new TransferStreams(tar, OutputStream.nullOutputStream());
  }

  static TransferStreams outOf(OutputStream tar) {
    return new TransferStreams(InputStream.nullInputStream(), tar);
  }

  @Override
  public InputStream stdin() {
    return input;
  }

  @Override
  public OutputStream stdout() {
    return output;
  }

  @Override
  public OutputStream stderr() {
    return new OutputStream() {
      @Override
      public void write(int value) {
        write(new byte[] {(byte) value}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) {
        messages.write(bytes, offset, Math.min(length, LONGEST_MESSAGE - messages.size()));
      }
    };
  }

  /** What the guest said. */
  String messages() {
    return GuestText.printable(messages.toString(StandardCharsets.UTF_8)).strip();
  }
}
