// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import dev.banger.vm.PublishPort;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a port to publish. Which addresses and ports there may be is the service's to say. */
public final class PublishOption implements ITypeConverter<PublishPort> {
  private static final Pattern FORM =
      Pattern.compile(
          "(?:(?:(?<address>[0-9.]{1,15}):)?(?<host>[0-9]{1,5}):)?(?<guest>[0-9]{1,5})");

  @Override
  public PublishPort convert(String value) {
    Matcher matcher = FORM.matcher(value);
    if (!matcher.matches()) {
      throw new TypeConversionException(
          "'" + value + "' is not of the form [[ADDRESS:]HOSTPORT:]GUESTPORT, such as 8080:80");
    }
    String host = matcher.group("host");
    return new PublishPort(
        matcher.group("address"),
        host == null ? null : Integer.valueOf(host),
        Integer.parseInt(matcher.group("guest")));
  }
}
