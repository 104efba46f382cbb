// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.gogo;

import dev.banger.command.Console;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import org.osgi.service.component.annotations.Component;

/** Which Gogo session belongs to which person's console. */
@Component(service = SessionConsoles.class)
public final class SessionConsoles {
  private final Map<Object, Console> consoles = Collections.synchronizedMap(new WeakHashMap<>());

  void put(Object session, Console console) {
    consoles.put(session, console);
  }

  Optional<Console> of(Object session) {
    return Optional.ofNullable(consoles.get(session));
  }

  void remove(Object session) {
    consoles.remove(session);
  }
}
