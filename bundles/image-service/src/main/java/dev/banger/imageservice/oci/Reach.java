// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.net.URI;
import java.util.Locale;

/**
 * Where requests on behalf of one registry may go. Without TLS only to the registry itself, and
 * only when it is on this host or the caller allowed it; so that no redirect and no token service
 * can lead out of TLS or into this host.
 *
 * @param server the registry's host, with port when it has one
 * @param insecure whether the caller allowed plain HTTP
 */
public record Reach(String server, boolean insecure) {
  /** Whether the registry itself may be spoken to without TLS. */
  boolean allowsPlain() {
    return insecure || isLoopback(URI.create("http://" + server).getHost());
  }

  /**
   * Returns when a request may go there.
   *
   * @throws BangerException OPERATION_FAILED
   */
  void check(URI target) {
    String scheme = target.getScheme() == null ? "" : target.getScheme().toLowerCase(Locale.ROOT);
    boolean secure = scheme.equals("https");
    if (target.getHost() == null || !(secure || scheme.equals("http"))) {
      throw refused(target, "that is no http or https address");
    }
    boolean registryIsLocal = isLoopback(URI.create("http://" + server).getHost());
    boolean self = server.equalsIgnoreCase(target.getAuthority());
    boolean local = isLoopback(target.getHost());
    if (local && !self && !registryIsLocal) {
      throw refused(target, "that is this host");
    }
    if (!secure && !(self && allowsPlain()) && !(local && registryIsLocal)) {
      throw refused(target, "that is not encrypted");
    }
  }

  private BangerException refused(URI target, String why) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "the registry %s leads to %s: %s, so it is not followed"
            .formatted(server, Quoted.of(withoutQuery(target)), why));
  }

  /** An address without its query, which may carry a signature that gives access. */
  public static String withoutQuery(URI address) {
    String text = address.toString();
    int end = text.indexOf('?');
    return end < 0 ? text : text.substring(0, end);
  }

  /** Whether a host name or address is this host; names are not looked up. */
  public static boolean isLoopback(String host) {
    return host != null
        && (host.equalsIgnoreCase("localhost")
            || host.toLowerCase(Locale.ROOT).endsWith(".localhost")
            || host.equals("[::1]")
            || host.matches("127(\\.\\d{1,3}){3}"));
  }
}
