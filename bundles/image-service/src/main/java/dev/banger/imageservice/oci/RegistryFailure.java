// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.util.Set;
import javax.net.ssl.SSLException;

/** Turns what goes wrong with a registry into banger's errors. */
final class RegistryFailure {
  private static final Set<Integer> PASSING = Set.of(500, 502, 503, 504);

  private RegistryFailure() {}

  /** Whether an answer of this status may be a good one the next time. */
  static boolean mayPass(int status) {
    return PASSING.contains(status);
  }

  /** Whether no connection came about, so that trying again soon is in vain. */
  static boolean isUnreachable(IOException failure) {
    return failure instanceof ConnectException
        || failure instanceof UnknownHostException
        || failure instanceof HttpConnectTimeoutException
        || failure instanceof SSLException;
  }

  /**
   * The error for an answer that is none of the good ones.
   *
   * @param body what the registry said to explain it
   */
  static BangerException answered(OciReference reference, int status, byte[] body) {
    String registry = reference.registry();
    String said = "(%d%s)".formatted(status, explanation(body));
    return switch (status) {
      case 401, 403 ->
          new BangerException(
              ErrorCode.UNAUTHORIZED,
              "the registry %s refuses access to %s %s; check the name, or log in with 'docker login %s'"
                  .formatted(registry, reference, said, registry));
      case 404 ->
          new BangerException(
              ErrorCode.NOT_FOUND,
              "the registry %s has no %s %s; check the name and the tag"
                  .formatted(registry, reference, said));
      case 429 ->
          new BangerException(
              ErrorCode.UNAVAILABLE,
              "the registry %s is asked too often %s; wait, or log in with 'docker login %s'"
                  .formatted(registry, said, registry));
      default ->
          status >= 500
              ? new BangerException(
                  ErrorCode.UNAVAILABLE,
                  "the registry %s failed %s; try again later".formatted(registry, said))
              : new BangerException(
                  ErrorCode.OPERATION_FAILED,
                  "the registry %s gave an unexpected answer for %s %s"
                      .formatted(registry, reference, said));
    };
  }

  /** The error for a connection that did not come about or broke. */
  static BangerException broken(OciReference reference, IOException failure) {
    String registry = reference.registry();
    if (failure instanceof SSLException) {
      return new BangerException(
          ErrorCode.OPERATION_FAILED,
          "no secure connection to the registry %s: %s; if its certificate is signed by an authority of your own, add that one to Java's trust store"
              .formatted(registry, reason(failure)),
          failure);
    }
    if (isUnreachable(failure)) {
      return new BangerException(
          ErrorCode.OPERATION_FAILED,
          "cannot reach the registry %s: %s; check its name and the network"
              .formatted(registry, reason(failure)),
          failure);
    }
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "the connection to the registry %s broke: %s; what has come is kept, give the command again to go on"
            .formatted(registry, reason(failure)),
        failure);
  }

  private static String reason(IOException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof java.nio.channels.UnresolvedAddressException) {
        return "its name has no address";
      }
    }
    return failure.getMessage() == null
        ? failure.getClass().getSimpleName()
        : Quoted.plain(failure.getMessage());
  }

  /** The first message of a registry's error document (OCI distribution specification). */
  private static String explanation(byte[] body) {
    try {
      JsonNode error = new ObjectMapper().readTree(body).path("errors").path(0);
      String message = error.path("message").asText(error.path("code").asText(""));
      return message.isBlank() ? "" : ": " + Quoted.plain(message);
    } catch (IOException e) {
      // Proxies answer in HTML; the status alone has to do.
      return "";
    }
  }
}
