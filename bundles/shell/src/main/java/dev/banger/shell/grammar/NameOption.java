// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a new VM: a DNS label, since it becomes the guest's host name. */
public final class NameOption implements ITypeConverter<String> {
  private static final int LONGEST = 63;

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
    return value;
  }
}
