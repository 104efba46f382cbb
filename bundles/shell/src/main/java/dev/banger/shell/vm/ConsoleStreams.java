// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.command.Console;
import dev.banger.guest.ExecStreams;
import dev.banger.guest.TerminalSize;
import dev.banger.operation.Operation;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** A person's console as the streams of a guest's command. */
record ConsoleStreams(Console console, boolean connected) implements ExecStreams {
  @Override
  public InputStream stdin() {
    return connected ? console.stdin() : InputStream.nullInputStream();
  }

  @Override
  public OutputStream stdout() {
    return console.stdout();
  }

  @Override
  public OutputStream stderr() {
    return console.stderr();
  }

  @Override
  public Operation.Registration onResize(Consumer<TerminalSize> listener) {
    return console.onResize(listener);
  }

  @Override
  public Operation.Registration onSignal(IntConsumer listener) {
    return console.onSignal(listener);
  }
}
