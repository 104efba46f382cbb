// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads one label. Which keys and values there may be is the service's to say. */
public final class LabelOption implements ITypeConverter<Map.Entry<String, String>> {
  @Override
  public Map.Entry<String, String> convert(String value) {
    int equals = value.indexOf('=');
    if (equals < 1) {
      throw new TypeConversionException("'" + value + "' is not of the form KEY=VALUE");
    }
    return Map.entry(value.substring(0, equals), value.substring(equals + 1));
  }
}
