// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads a signal that a VMM may be sent, written as kill(1) takes it: {@code KILL}, {@code
 * SIGKILL}, {@code sigkill} or {@code 9}.
 */
public final class SignalOption implements ITypeConverter<String> {
  private static final String PREFIX = "SIG";

  // signal(7); the numbers are those of x86 and ARM.
  private enum Signal {
    TERM(15),
    KILL(9),
    INT(2),
    HUP(1),
    QUIT(3),
    USR1(10),
    USR2(12),
    ABRT(6),
    STOP(19),
    CONT(18);

    private final String number;

    Signal(int number) {
      this.number = Integer.toString(number);
    }
  }

  /** All signals, as they are shown. */
  public static final class Names extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    public Names() {
      super(names());
    }
  }

  private static List<String> names() {
    return Arrays.stream(Signal.values()).map(Signal::name).toList();
  }

  @Override
  public String convert(String value) {
    String word = value.toUpperCase(Locale.ROOT);
    String name = word.startsWith(PREFIX) ? word.substring(PREFIX.length()) : word;
    return Arrays.stream(Signal.values())
        .filter(signal -> signal.name().equals(name) || signal.number.equals(value))
        .map(Signal::name)
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'"
                        + value
                        + "' is no signal that a VM can be sent; one of "
                        + String.join(", ", names())
                        + ", with SIG or without, or its number"));
  }
}
