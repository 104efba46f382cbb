// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecRequest;
import dev.banger.guest.ExecStreams;
import dev.banger.guest.GuestService;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Writes what guests are given, by the script {@code guest.sh}, which runs in them. */
final class GuestScript {
  private static final String BUSYBOX = "/run/banger/bin/busybox";

  private final GuestService guests;
  private final String script;

  GuestScript(GuestService guests) {
    this.guests = guests;
    try (InputStream in = GuestScript.class.getResourceAsStream("guest.sh")) {
      this.script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The script, for tests. */
  String text() {
    return script;
  }

  /** What of a guest is written. */
  enum Part {
    /** Lines of authorized_keys. */
    KEYS("keys"),
    /** A file of git's configuration that the guest's own wins over. */
    GIT("git"),
    /** Where a login finds the ssh agent: any text, or none. */
    AGENT("agent"),
    /** Everything, to be taken away. */
    ALL("all");

    private final String word;

    Part(String word) {
      this.word = word;
    }
  }

  /**
   * Gives a guest one thing, in place of what it was given of it before.
   *
   * @param text empty to take it away
   * @throws BangerException as of {@link GuestService#exec}; OPERATION_FAILED with the guest's
   *     words
   */
  void give(Vm vm, Part part, String text, Operation operation) {
    Streams streams = new Streams(text);
    ExecRequest request =
        new ExecRequest(
            List.of(BUSYBOX, "sh", "-c", script, "sh", part.word), Map.of(), "/", null, null, true);
    int status = guests.exec(vm.id(), request, streams, operation);
    if (status != 0) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "what the guest is given (%s) could not be written there (status %d): %s"
              .formatted(part.word, status, streams.output.text()));
    }
  }

  private static final class Streams implements ExecStreams {
    private final InputStream input;
    private final GuestWords output = new GuestWords();

    Streams(String input) {
      this.input = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
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
      return output;
    }
  }
}
