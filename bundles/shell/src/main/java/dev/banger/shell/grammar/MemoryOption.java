// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads an option's size as MiB. */
public final class MemoryOption implements ITypeConverter<Long> {
  private static final long MIB = 1L << 20;

  @Override
  public Long convert(String value) {
    long bytes = new SizeOption().convert(value);
    if (bytes % MIB != 0) {
      throw new TypeConversionException("'" + value + "' is not a whole number of MiB");
    }
    return bytes / MIB;
  }
}
