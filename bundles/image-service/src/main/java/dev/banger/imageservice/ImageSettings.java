// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;

/**
 * The configuration as it is now. A change ends nobody who uses it: what was begun goes on as it
 * began.
 */
@Component(service = ImageSettings.class, configurationPid = ImageConfiguration.PID)
@Designate(ocd = ImageConfiguration.class)
public final class ImageSettings {
  private volatile ImageConfiguration configuration;

  @Activate
  public ImageSettings(ImageConfiguration configuration) {
    this.configuration = configuration;
  }

  @Modified
  void modified(ImageConfiguration changed) {
    configuration = changed;
  }

  /** The configuration now. */
  public ImageConfiguration now() {
    return configuration;
  }
}
