// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.image.ImageService;
import dev.banger.shell.SteadyServices;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.output.Output;
import dev.banger.wire.Json;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Contributes {@code image}. */
@Component
public final class ImageCommands implements CommandContributor {
  private final ImageService images;
  private final FirstUse firstUse;
  private final Json json;

  @Activate
  public ImageCommands(@Reference SteadyServices services, @Reference FirstUse firstUse) {
    this.images = services.images();
    this.firstUse = firstUse;
    this.json = services.json();
  }

  @Override
  public String name() {
    return "image";
  }

  @Override
  public Object command(Console console) {
    return new ImageCommandGroup(images, firstUse, new Output(console, json));
  }
}
