// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.image.ImageConfig;
import dev.banger.imageservice.oci.OciConfig;
import java.util.LinkedHashMap;
import java.util.Map;

/** Takes from container images how their makers want processes to be started. */
public final class ContainerConfig {
  private ContainerConfig() {}

  /** The same in banger's words; variables without a name are left out. */
  public static ImageConfig of(OciConfig config) {
    Map<String, String> environment = new LinkedHashMap<>();
    for (String variable : config.env()) {
      int equals = variable.indexOf('=');
      if (equals > 0) {
        environment.put(variable.substring(0, equals), variable.substring(equals + 1));
      }
    }
    return new ImageConfig(
        environment, config.user(), config.workingDir(), config.entrypoint(), config.cmd());
  }
}
