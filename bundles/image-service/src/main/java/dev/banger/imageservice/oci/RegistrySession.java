// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.google.cloud.tools.jib.api.Credential;
import com.google.cloud.tools.jib.api.DescriptorDigest;
import com.google.cloud.tools.jib.api.RegistryAuthenticationFailedException;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.RegistryUnauthorizedException;
import com.google.cloud.tools.jib.registry.RegistryClient;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.security.DigestException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * A conversation with a registry about one repository, for one pull. jib's registry client asks for
 * manifests and agrees on the authorization; blobs are asked for with that authorization, in a way
 * that can go on in the middle. Safe for use by many threads.
 */
final class RegistrySession {
  private final OciReference reference;
  private final Reach reach;
  private final RegistryHttp http;
  private final DockerCredentials credentials;
  private final Operation operation;
  private final String scheme;
  private final RegistryTransport transport;
  private RegistryClient client;

  /** Opens the conversation: finds out whether a registry that may speak plain HTTP does. */
  RegistrySession(
      OciReference reference,
      Reach reach,
      RegistryHttp http,
      Attempts attempts,
      DockerCredentials credentials,
      Operation operation) {
    this.reference = reference;
    this.reach = reach;
    this.http = http;
    this.credentials = credentials;
    this.operation = operation;
    this.scheme = reach.allowsPlain() ? spokenScheme() : "https";
    this.transport = new RegistryTransport(reference, http, reach, attempts, scheme, operation);
    this.client = newClient(null);
  }

  private String spokenScheme() {
    URI plain = URI.create("http://" + reach.server() + "/v2/");
    try {
      HttpResponse<byte[]> answer =
          http.send(
              RegistryHttp.Request.get(plain, Map.of()),
              reach,
              info -> BoundedBody.explanation(),
              operation);
      // Servers that expect TLS answer plain HTTP with a 400, if at all.
      return answer.statusCode() == 400 ? "https" : answer.uri().getScheme();
    } catch (IOException e) {
      // If the registry cannot be reached at all, the first real request says so.
      return "https";
    }
  }

  private RegistryClient newClient(Credential credential) {
    return JibClient.over(transport, reach.server(), reference.repository(), credential);
  }

  /**
   * Asks for a manifest or an index.
   *
   * @param qualifier a tag or a digest
   * @return the registry's answer, not checked in any way but its size
   */
  synchronized HttpResponse<byte[]> manifest(String qualifier) {
    ask(() -> client.pullManifest(qualifier));
    return transport.last().orElseThrow();
  }

  /**
   * Asks for a blob.
   *
   * @param headers besides the authorization
   * @param sinks chooses what takes the body
   * @param part the operation of this blob
   * @throws IOException when the connection breaks
   */
  <T> HttpResponse<T> blob(
      OciDigest digest,
      Map<String, String> headers,
      Function<HttpResponse.ResponseInfo, Sink<T>> sinks,
      Operation part)
      throws IOException {
    String authorization = transport.authorization().orElse(null);
    HttpResponse<T> answer =
        http.send(blobRequest(digest, headers, authorization), reach, sinks, part);
    if (answer.statusCode() != 401 || !reach.server().equals(answer.uri().getAuthority())) {
      return answer;
    }
    authorize(digest, authorization, answer.headers().firstValue("WWW-Authenticate").orElse(""));
    return http.send(
        blobRequest(digest, headers, transport.authorization().orElse(null)), reach, sinks, part);
  }

  private RegistryHttp.Request blobRequest(
      OciDigest digest, Map<String, String> headers, String authorization) {
    Map<String, String> all = new LinkedHashMap<>(headers);
    if (authorization != null) {
      all.put("Authorization", authorization);
    }
    URI address =
        URI.create(
            scheme + "://" + reach.server() + "/v2/" + reference.repository() + "/blobs/" + digest);
    return RegistryHttp.Request.get(address, all);
  }

  /** Agrees on an authorization anew, unless another thread has done so since. */
  private synchronized void authorize(OciDigest digest, String refused, String challenge) {
    if (challenge.isEmpty() || !Objects.equals(transport.authorization().orElse(null), refused)) {
      return;
    }
    ask(
        () -> {
          authenticate(challenge);
          // jib shows what it agreed on only by using it.
          client.checkBlob(DescriptorDigest.fromHash(digest.hex()));
        });
  }

  private void authenticate(String challenge) throws RegistryException {
    client = newClient(credentials.find(reach.server(), operation).orElse(null));
    client.authPullByWwwAuthenticate(challenge);
  }

  /** Calls the client, with the authorization that the registry asks for. */
  private void ask(Call call) {
    try {
      try {
        call.run();
      } catch (RegistryUnauthorizedException e) {
        String challenge = e.getHttpResponseException().getHeaders().getAuthenticate();
        if (e.getHttpResponseException().getStatusCode() != 401 || challenge == null) {
          throw e;
        }
        authenticate(challenge);
        call.run();
      }
    } catch (BangerException e) {
      throw e;
    } catch (JsonProcessingException | RegistryException | RuntimeException e) {
      // jib knows fewer manifests than the specification allows, and stumbles over what is none:
      // what has come is judged by our own reader.
      if (e instanceof RegistryAuthenticationFailedException || !answeredWell()) {
        throw failure();
      }
    } catch (IOException | DigestException e) {
      throw failure();
    }
  }

  private boolean answeredWell() {
    return transport.last().map(answer -> answer.statusCode() / 100 == 2).orElse(false);
  }

  private BangerException failure() {
    HttpResponse<byte[]> last = transport.last().orElse(null);
    if (last != null && last.statusCode() >= 300) {
      return RegistryFailure.answered(reference, last.statusCode(), last.body());
    }
    // Not its message: that may hold the parameters of a token request.
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "the registry %s asks for an authorization in a way that is not understood"
            .formatted(reference.registry()));
  }

  /** A call of jib's client. */
  @FunctionalInterface
  private interface Call {
    void run() throws IOException, RegistryException, DigestException;
  }
}
