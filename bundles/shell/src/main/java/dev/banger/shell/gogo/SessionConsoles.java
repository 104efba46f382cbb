// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.gogo;

import dev.banger.command.Console;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.function.Supplier;
import org.osgi.service.component.annotations.Component;

/** Which Gogo session belongs to which person's console. */
@Component(service = SessionConsoles.class)
public final class SessionConsoles {
  private final Map<Object, Supplier<Console>> consoles =
      Collections.synchronizedMap(new WeakHashMap<>());

  /**
   * @param console asked for by each command, in the thread that runs it
   */
  void put(Object session, Supplier<Console> console) {
    consoles.put(session, console);
  }

  Optional<Console> of(Object session) {
    return Optional.ofNullable(consoles.get(session)).map(Supplier::get);
  }

  void remove(Object session) {
    consoles.remove(session);
  }
}
