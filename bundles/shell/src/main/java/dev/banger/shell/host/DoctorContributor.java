// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.host;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.shell.SteadyServices;
import dev.banger.shell.output.Output;
import dev.banger.wire.Json;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Contributes {@code doctor}. */
@Component
public final class DoctorContributor implements CommandContributor {
  private final DoctorChecks doctor;
  private final FirstUse firstUse;
  private final Json json;

  @Activate
  public DoctorContributor(
      @Reference DoctorChecks doctor,
      @Reference FirstUse firstUse,
      @Reference SteadyServices services) {
    this.doctor = doctor;
    this.firstUse = firstUse;
    this.json = services.json();
  }

  @Override
  public String name() {
    return "doctor";
  }

  @Override
  public Object command(Console console) {
    return new DoctorCommand(doctor, firstUse, new Output(console, json));
  }
}
