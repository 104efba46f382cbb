// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.event.EventStream;
import dev.banger.shell.SteadyServices;
import dev.banger.shell.output.Output;
import dev.banger.vm.VmService;
import dev.banger.wire.Json;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Contributes {@code events}. */
@Component
public final class EventsContributor implements CommandContributor {
  private final EventStream events;
  private final VmService vms;
  private final Json json;

  @Activate
  public EventsContributor(@Reference EventStream events, @Reference SteadyServices services) {
    this.events = events;
    this.vms = services.vms();
    this.json = services.json();
  }

  @Override
  public String name() {
    return "events";
  }

  @Override
  public Object command(Console console) {
    return new EventsCommand(events, vms, json, new Output(console, json));
  }
}
