// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.guest;

import dev.banger.operation.Operation;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The caller's side of a running command. Streams are used by threads of the callee and are not
 * closed by it.
 */
@ConsumerType
public interface ExecStreams {
  /** What the command reads; an empty stream for none. Read only when the command wants input. */
  InputStream stdin();

  /** Where its output goes (both streams, on a terminal). */
  OutputStream stdout();

  /** Where its errors go. */
  OutputStream stderr();

  /** Tells the callee whom to call when the caller's terminal changes its size. */
  default Operation.Registration onResize(Consumer<TerminalSize> listener) {
    return () -> {};
  }

  /** Tells the callee whom to call with the numbers of signals meant for the command. */
  default Operation.Registration onSignal(IntConsumer listener) {
    return () -> {};
  }
}
