// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a whole number of at least 1. */
public final class CountOption implements ITypeConverter<Integer> {
  @Override
  public Integer convert(String value) {
    int count;
    try {
      count = Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'" + value + "' is not a whole number");
    }
    if (count < 1) {
      throw new TypeConversionException("'" + value + "' is less than 1");
    }
    return count;
  }
}
