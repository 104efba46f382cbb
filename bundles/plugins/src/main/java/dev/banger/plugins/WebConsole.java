// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the web console in the framework while the configuration says so; its jars lie unread in the
 * installation otherwise. It stays when this component leaves: the next one takes it over.
 */
@Component(
    immediate = true,
    service = {},
    configurationPid = "dev.banger.webconsole")
@Designate(ocd = WebConsoleConfiguration.class)
public final class WebConsole {
  private static final Logger LOG = LoggerFactory.getLogger(WebConsole.class);

  private final Installation installation;
  private final BundleContext context;

  @Activate
  public WebConsole(BundleContext context, WebConsoleConfiguration configuration) {
    this.installation = Installation.of(context);
    this.context = context;
    apply(configuration);
  }

  /** Brings it in or takes it out; the port is taken by its own bundle. */
  @Modified
  void apply(WebConsoleConfiguration configuration) {
    if (installation.exists()) {
      OptionalBundles bundles = new OptionalBundles(context, installation.optional("webconsole"));
      if (configuration.enabled()) {
        bundles.bringIn();
      } else {
        bundles.takeOut();
      }
    } else if (configuration.enabled()) {
      LOG.warn("the web console is the host's affair here: install it with the host's commands");
    }
  }
}
