// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.webconsole;

import java.io.IOException;
import java.util.Dictionary;
import java.util.Hashtable;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;

/**
 * Tells the HTTP service to listen on loopback. Until it is told it listens nowhere: the
 * framework's properties disable it.
 */
@Component(
    immediate = true,
    service = {},
    configurationPid = "dev.banger.webconsole")
public final class HttpAddress {
  private static final String HTTP_SERVICE = "org.apache.felix.http";

  private final ConfigurationAdmin configurations;

  /** The part of the web console's configuration that counts here. */
  @interface Port {
    int port() default 8187;
  }

  @Activate
  public HttpAddress(Port port, @Reference ConfigurationAdmin configurations) throws IOException {
    this.configurations = configurations;
    listen(port);
  }

  /** Lets it listen on another port. */
  @Modified
  void listen(Port port) throws IOException {
    Dictionary<String, Object> address = new Hashtable<>();
    address.put("org.apache.felix.http.enable", true);
    address.put("org.apache.felix.http.host", "127.0.0.1");
    address.put("org.osgi.service.http.port", port.port());
    httpService().updateIfDifferent(address);
  }

  @Deactivate
  void withdraw() throws IOException {
    httpService().delete();
  }

  private Configuration httpService() throws IOException {
    return configurations.getConfiguration(HTTP_SERVICE, "?");
  }
}
