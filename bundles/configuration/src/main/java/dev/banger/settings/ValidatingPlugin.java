// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import java.util.Dictionary;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.ConfigurationPlugin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Stands between the ConfigurationAdmin and all components: no wrong value comes past it. */
@Component(
    immediate = true,
    property = ConfigurationPlugin.CM_RANKING + ":Integer=500",
    service = ConfigurationPlugin.class)
public final class ValidatingPlugin implements ConfigurationPlugin {
  private static final String PID = "service.pid";

  private final Resolver resolver;

  @Activate
  public ValidatingPlugin(@Reference Resolver resolver) {
    this.resolver = resolver;
  }

  @Override
  public void modifyConfiguration(
      ServiceReference<?> reference, Dictionary<String, Object> properties) {
    if (properties.get(PID) instanceof String pid) {
      resolver.deliver(pid, properties);
    }
  }
}
