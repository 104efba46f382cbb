// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import com.google.api.client.http.HttpTransport;
import com.google.api.client.http.LowLevelHttpRequest;
import com.google.api.client.http.LowLevelHttpResponse;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What jib's registry client sends, sent our way: cancellable, bounded, and only to where {@link
 * Reach} allows. Keeps what the client itself does not tell: the bytes of the last answer and the
 * authorization that was agreed on.
 */
final class RegistryTransport extends HttpTransport {
  /** The most that a registry's index or manifest may have: what Docker's registry accepts. */
  static final int LARGEST_MANIFEST = 4 << 20;

  // Set by the client below; answers are taken as they are, so that what is hashed is what was sent
  // and no compressed bomb is unpacked.
  private static final Set<String> OWN_HEADERS = Set.of("accept-encoding", "user-agent");

  private final OciReference reference;
  private final RegistryHttp http;
  private final Reach reach;
  private final Attempts attempts;
  private final String scheme;
  private final Operation operation;
  private volatile HttpResponse<byte[]> last;
  private volatile String authorization;

  /**
   * @param scheme of the registry itself, http or https
   */
  RegistryTransport(
      OciReference reference,
      RegistryHttp http,
      Reach reach,
      Attempts attempts,
      String scheme,
      Operation operation) {
    this.reference = reference;
    this.http = http;
    this.reach = reach;
    this.attempts = attempts;
    this.scheme = scheme;
    this.operation = operation;
  }

  /** The last answer; empty when there was none. */
  Optional<HttpResponse<byte[]>> last() {
    return Optional.ofNullable(last);
  }

  /** The authorization that went to the registry last; empty when none did. */
  Optional<String> authorization() {
    return Optional.ofNullable(authorization);
  }

  @Override
  protected LowLevelHttpRequest buildRequest(String method, String url) {
    return new Exchange(method, target(url));
  }

  /** The client asks the registry by https whatever it speaks. */
  private URI target(String url) {
    String api = "https://" + reach.server() + "/v2/";
    try {
      return new URI(url.startsWith(api) ? scheme + url.substring(url.indexOf(':')) : url);
    } catch (URISyntaxException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "the registry %s leads to %s, which is no address"
              .formatted(reference.registry(), Quoted.of(url)),
          e);
    }
  }

  private final class Exchange extends LowLevelHttpRequest {
    private final String method;
    private final URI target;
    private final Map<String, String> headers = new LinkedHashMap<>();

    private Exchange(String method, URI target) {
      this.method = method;
      this.target = target;
    }

    @Override
    public void addHeader(String name, String value) {
      if (!OWN_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
        headers.put(name, value);
      }
    }

    @Override
    public LowLevelHttpResponse execute() throws IOException {
      RegistryHttp.Request request = new RegistryHttp.Request(method, target, headers, body());
      last = null;
      HttpResponse<byte[]> answer;
      try {
        answer = attempts.run(isLast -> send(request, isLast), operation);
      } catch (IOException e) {
        // No IOException leaves here: the client would answer some by doing without TLS.
        throw RegistryFailure.broken(reference, e);
      }
      last = answer;
      if (reach.server().equalsIgnoreCase(target.getAuthority())
          && headers.containsKey("Authorization")
          && target.getPath().startsWith("/v2/")) {
        authorization = headers.get("Authorization");
      }
      return new Answer(answer);
    }

    private HttpResponse<byte[]> send(RegistryHttp.Request request, boolean isLast)
        throws IOException {
      String what = "what " + Reach.withoutQuery(target) + " answers";
      HttpResponse<byte[]> answer =
          http.send(
              request,
              reach,
              // What a HEAD announces does not come.
              info ->
                  method.equals("HEAD")
                      ? BoundedBody.explanation()
                      : BoundedBody.of(info, what, LARGEST_MANIFEST),
              operation);
      if (RegistryFailure.mayPass(answer.statusCode()) && !isLast) {
        throw new IOException("status " + answer.statusCode());
      }
      return answer;
    }

    private byte[] body() throws IOException {
      if (getStreamingContent() == null) {
        return null;
      }
      if (getContentType() != null) {
        headers.put("Content-Type", getContentType());
      }
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      getStreamingContent().writeTo(bytes);
      return bytes.toByteArray();
    }
  }

  /** An answer in the client's form; that it may be compressed is not said, see above. */
  private static final class Answer extends LowLevelHttpResponse {
    private final HttpResponse<byte[]> answer;
    private final List<Map.Entry<String, String>> headers;

    private Answer(HttpResponse<byte[]> answer) {
      this.answer = answer;
      this.headers =
          answer.headers().map().entrySet().stream()
              .filter(header -> !header.getKey().equalsIgnoreCase("content-encoding"))
              .flatMap(header -> header.getValue().stream().map(v -> Map.entry(header.getKey(), v)))
              .toList();
    }

    @Override
    public InputStream getContent() {
      return new ByteArrayInputStream(answer.body());
    }

    @Override
    public String getContentEncoding() {
      return null;
    }

    @Override
    public long getContentLength() {
      return answer.body().length;
    }

    @Override
    public String getContentType() {
      return answer.headers().firstValue("Content-Type").orElse(null);
    }

    @Override
    public String getStatusLine() {
      return "HTTP/1.1 " + answer.statusCode();
    }

    @Override
    public int getStatusCode() {
      return answer.statusCode();
    }

    @Override
    public String getReasonPhrase() {
      return null;
    }

    @Override
    public int getHeaderCount() {
      return headers.size();
    }

    @Override
    public String getHeaderName(int index) {
      return headers.get(index).getKey();
    }

    @Override
    public String getHeaderValue(int index) {
      return headers.get(index).getValue();
    }
  }
}
