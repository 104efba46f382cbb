// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The proxies that the environment names, as curl reads it: {@code https_proxy}, {@code
 * http_proxy}, {@code all_proxy} and {@code no_proxy}, each in lower or upper case. A proxy is
 * {@code http://host:port} or {@code host:port}; {@code no_proxy} lists hosts, domains and {@code
 * host:port} by comma, or is {@code *}. This host is never asked for through a proxy.
 */
public final class EnvironmentProxies extends ProxySelector {
  private final Map<String, String> environment;

  private EnvironmentProxies(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /**
   * Java's proxies when its properties name one ({@code https.proxyHost}, {@code http.proxyHost} or
   * {@code socksProxyHost}), else those of the environment.
   *
   * @param property looks up a system property
   */
  public static ProxySelector select(
      UnaryOperator<String> property, Map<String, String> environment) {
    boolean java =
        List.of("https.proxyHost", "http.proxyHost", "socksProxyHost").stream()
            .anyMatch(name -> property.apply(name) != null);
    return java ? ProxySelector.getDefault() : new EnvironmentProxies(environment);
  }

  @Override
  public List<Proxy> select(URI target) {
    String proxy = variable(target.getScheme().toLowerCase(Locale.ROOT) + "_proxy");
    if (proxy.isEmpty()) {
      proxy = variable("all_proxy");
    }
    if (proxy.isEmpty() || Reach.isLoopback(target.getHost()) || isDirect(target)) {
      return List.of(Proxy.NO_PROXY);
    }
    return List.of(new Proxy(Proxy.Type.HTTP, address(proxy)));
  }

  private String variable(String name) {
    String value = environment.get(name);
    if (value == null || value.isBlank()) {
      value = environment.getOrDefault(name.toUpperCase(Locale.ROOT), "");
    }
    return value.strip();
  }

  private boolean isDirect(URI target) {
    String host = target.getHost().toLowerCase(Locale.ROOT);
    int port =
        target.getPort() >= 0 ? target.getPort() : target.getScheme().equals("http") ? 80 : 443;
    return Arrays.stream(variable("no_proxy").toLowerCase(Locale.ROOT).split("[,\\s]+"))
        .filter(entry -> !entry.isEmpty())
        .anyMatch(entry -> entry.equals("*") || covers(entry, host, port));
  }

  private static boolean covers(String entry, String host, int port) {
    int colon = entry.lastIndexOf(':');
    if (colon >= 0 && !entry.substring(colon + 1).equals(String.valueOf(port))) {
      return false;
    }
    String name = colon >= 0 ? entry.substring(0, colon) : entry;
    String domain = name.replaceFirst("^\\*?\\.", "");
    return host.equals(domain) || host.endsWith("." + domain);
  }

  private static InetSocketAddress address(String proxy) {
    URI address;
    try {
      address = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
    } catch (IllegalArgumentException e) {
      throw refused("is no address", e);
    }
    if (!"http".equalsIgnoreCase(address.getScheme()) || address.getHost() == null) {
      throw refused("is not of the form http://host:port", null);
    }
    if (address.getUserInfo() != null) {
      throw refused("holds a password; proxies that ask for one are not supported", null);
    }
    return new InetSocketAddress(
        address.getHost(), address.getPort() >= 0 ? address.getPort() : 80);
  }

  private static BangerException refused(String why, Exception cause) {
    return new BangerException(
        ErrorCode.BAD_REQUEST, "the proxy that the environment names " + why, cause);
  }

  @Override
  public void connectFailed(URI target, SocketAddress proxy, IOException failure) {
    // There is no other proxy to turn to; the request fails with the same reason.
  }
}
