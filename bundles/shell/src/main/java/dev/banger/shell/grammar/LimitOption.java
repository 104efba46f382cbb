// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import java.time.Duration;
import picocli.CommandLine.ITypeConverter;

/** Reads an option's duration, or {@code none} as zero. */
public final class LimitOption implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String value) {
    return value.equals("none") ? Duration.ZERO : new DurationOption().convert(value);
  }
}
