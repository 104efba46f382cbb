// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a new VM: a DNS label, since it becomes the guest's host name. */
public final class NameOption implements ITypeConverter<String> {
  private static final int LONGEST = 63;
  private static final String ID = "[0-9a-f]{12}";

  @Override
  public String convert(String value) {
    if (value.isEmpty()) {
      throw new TypeConversionException("a name has at least one character");
    }
    if (value.length() > LONGEST) {
      throw new TypeConversionException(
          "'" + value + "' is " + value.length() + " characters long; at most 63 (a DNS label)");
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (!(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')) {
        throw new TypeConversionException(
            String.format(
                "'%s' has the invalid character '%s' at position %d (allowed: a-z, 0-9, '-')",
                value, c, i + 1));
      }
    }
    if (value.startsWith("-") || value.endsWith("-")) {
      throw new TypeConversionException("'" + value + "' must not start or end with '-'");
    }
    if (value.matches(ID)) {
      throw new TypeConversionException(
          "'"
              + value
              + "' has the form of an id (12 digits of 0-9 and a-f), and could be taken for that of"
              + " another VM");
    }
    return value;
  }
}
