// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import picocli.CommandLine.ITypeConverter;

/** Reads an option's size as bytes; {@code 0} is zero. */
public final class OptionalSizeOption implements ITypeConverter<Long> {
  @Override
  public Long convert(String value) {
    return value.equals("0") ? Long.valueOf(0) : new SizeOption().convert(value);
  }
}
