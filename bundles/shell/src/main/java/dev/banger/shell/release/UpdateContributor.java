// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.release;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.release.ReleaseService;
import dev.banger.shell.SteadyServices;
import dev.banger.shell.output.Output;
import dev.banger.wire.Json;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Contributes {@code update}. */
@Component
public final class UpdateContributor implements CommandContributor {
  private final ReleaseService releases;
  private final Json json;

  @Activate
  public UpdateContributor(@Reference ReleaseService releases, @Reference SteadyServices services) {
    this.releases = releases;
    this.json = services.json();
  }

  @Override
  public String name() {
    return "update";
  }

  @Override
  public Object command(Console console) {
    return new UpdateCommand(releases, new Output(console, json));
  }
}
