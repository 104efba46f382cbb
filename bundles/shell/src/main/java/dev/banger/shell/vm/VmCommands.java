// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.capability.CapabilityService;
import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.event.EventStream;
import dev.banger.guest.GuestService;
import dev.banger.image.ImageService;
import dev.banger.operation.OperationService;
import dev.banger.shell.SteadyServices;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.output.Output;
import dev.banger.vm.VmService;
import dev.banger.wire.Json;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Contributes {@code vm}. */
@Component
public final class VmCommands implements CommandContributor {
  private final VmService vms;
  private final GuestService guests;
  private final ImageService images;
  private final EventStream events;
  private final FirstUse firstUse;
  private final OperationService operations;
  private final CapabilityService capabilities;
  private final Json json;
  private final ExecutorService executor =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "banger-vm-verb");
            thread.setDaemon(true);
            return thread;
          });

  @Activate
  public VmCommands(
      @Reference SteadyServices services,
      @Reference EventStream events,
      @Reference FirstUse firstUse,
      @Reference OperationService operations,
      @Reference CapabilityService capabilities) {
    this.capabilities = capabilities;
    this.vms = services.vms();
    this.guests = services.guests();
    this.images = services.images();
    this.events = events;
    this.firstUse = firstUse;
    this.operations = operations;
    this.json = services.json();
  }

  @Override
  public String name() {
    return "vm";
  }

  @Override
  public Object command(Console console) {
    return new VmCommandGroup(
        vms,
        guests,
        images,
        events,
        firstUse,
        operations,
        capabilities,
        executor,
        new Output(console, json));
  }

  /** Lets verbs in flight end; none begins any more. */
  @Deactivate
  public void deactivate() {
    executor.shutdown();
  }
}
