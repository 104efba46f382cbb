// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import com.google.api.client.http.HttpTransport;
import com.google.cloud.tools.jib.api.Credential;
import com.google.cloud.tools.jib.api.LogEvent;
import com.google.cloud.tools.jib.event.EventHandlers;
import com.google.cloud.tools.jib.http.FailoverHttpClient;
import com.google.cloud.tools.jib.registry.RegistryClient;
import java.lang.reflect.Constructor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Makes jib's registry client over a transport of ours. jib 0.28 has the constructor for that but
 * keeps it to its own tests; with the public one the client would read answers of any size into
 * memory, follow redirects out of TLS, and not notice that the caller left.
 */
final class JibClient {
  private JibClient() {}

  /**
   * A client for one repository.
   *
   * @param credential for the registry, or null
   */
  static RegistryClient over(
      HttpTransport transport, String server, String repository, Credential credential) {
    return RegistryClient.factory(EventHandlers.NONE, server, repository, http(transport))
        .setCredential(credential)
        .newRegistryClient();
  }

  private static FailoverHttpClient http(HttpTransport transport) {
    Consumer<LogEvent> silent = event -> {};
    Supplier<HttpTransport> always = () -> transport;
    boolean plain = true; // the transport decides what may be plain
    boolean retry = false; // and tries again in a way that can be cancelled
    try {
      Constructor<FailoverHttpClient> constructor =
          FailoverHttpClient.class.getDeclaredConstructor(
              boolean.class,
              boolean.class,
              Consumer.class,
              Supplier.class,
              Supplier.class,
              boolean.class);
      constructor.setAccessible(true);
      return constructor.newInstance(plain, plain, silent, always, always, retry);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this is not the jib that the bundle was made with", e);
    }
  }
}
