// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.webconsole;

import dev.banger.host.BangerDirectories;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.apache.felix.webconsole.spi.SecurityProvider;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets in who knows the password, from this host, by its own name: pages of other sites, which a
 * browser of this host may have open, are refused whatever name they gave this address. The
 * framework's properties keep the console away until this service is there.
 */
@Component(property = SecurityProvider.PROPERTY_ID + "=" + OwnerAccess.ID)
public final class OwnerAccess implements SecurityProvider {
  static final String ID = "dev.banger.webconsole";
  static final String USER = "banger";
  private static final Logger LOG = LoggerFactory.getLogger(OwnerAccess.class);
  private static final String SCHEME = "Basic ";

  private final Password password;

  @Activate
  public OwnerAccess(@Reference BangerDirectories directories) throws IOException {
    this.password = Password.in(ConsoleFiles.password(directories));
  }

  @Override
  public Object authenticate(HttpServletRequest request, HttpServletResponse response) {
    try {
      if (!isOfThisHost(request)) {
        response.sendError(HttpServletResponse.SC_FORBIDDEN, "only from this host, by its address");
        return null;
      }
      if (!isOwner(request.getHeader("Authorization"))) {
        askForPassword(response);
        return null;
      }
      return USER;
    } catch (IOException e) {
      LOG.warn("a request to the web console was refused", e);
      return null;
    }
  }

  private static boolean isOfThisHost(HttpServletRequest request) throws IOException {
    String host = request.getHeader("Host");
    String origin = request.getHeader("Origin");
    return InetAddress.getByName(request.getRemoteAddr()).isLoopbackAddress()
        && host != null
        && names(request.getLocalPort()).contains(host)
        && (origin == null || origin.equals("http://" + host));
  }

  private static List<String> names(int port) {
    return List.of("127.0.0.1:" + port, "localhost:" + port);
  }

  private boolean isOwner(String authorization) throws IOException {
    if (authorization == null
        || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return false;
    }
    try {
      byte[] decoded = Base64.getDecoder().decode(authorization.substring(SCHEME.length()).strip());
      String given = new String(decoded, StandardCharsets.UTF_8);
      return given.startsWith(USER + ":") && password.is(given.substring(USER.length() + 1));
    } catch (IllegalArgumentException e) {
      return false; // no Base64
    }
  }

  private static void askForPassword(HttpServletResponse response) throws IOException {
    response.setHeader("WWW-Authenticate", SCHEME + "realm=\"banger\", charset=\"UTF-8\"");
    response.sendError(HttpServletResponse.SC_UNAUTHORIZED);
  }

  /** The owner may do everything. */
  @Override
  public boolean authorize(Object user, String role) {
    return USER.equals(user);
  }

  @Override
  public void logout(HttpServletRequest request, HttpServletResponse response) {
    try {
      askForPassword(response); // makes the browser forget the one it knows
    } catch (IOException e) {
      LOG.debug("nobody heard of the end of a session", e);
    }
  }
}
