// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import dev.banger.vm.VmState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a VM's state, as it is shown. */
public final class StateOption implements ITypeConverter<VmState> {
  /** All states, as they are shown. */
  public static final class Names extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    public Names() {
      super(names());
    }
  }

  private static List<String> names() {
    return Arrays.stream(VmState.values()).map(StateOption::name).toList();
  }

  private static String name(VmState state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public VmState convert(String value) {
    return Arrays.stream(VmState.values())
        .filter(state -> name(state).equals(value.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'" + value + "' is no state; one of " + String.join(", ", names())));
  }
}
