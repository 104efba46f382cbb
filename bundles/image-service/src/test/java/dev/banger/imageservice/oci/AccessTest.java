// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpHandler;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who is let in, with what, and where the credentials go. */
@Timeout(30)
class AccessTest {
  private static final String MANIFEST = "/v2/name/manifests/tag";
  private static final String BASIC =
      "Basic " + Base64.getEncoder().encodeToString("me:secret".getBytes(StandardCharsets.UTF_8));

  @TempDir Path directory;
  private FakeRegistry registry;
  private FakeRegistry other;
  private Pulls pulls;
  private String blob;
  private TestImage image;

  @BeforeEach
  void start() throws IOException {
    registry = new FakeRegistry();
    other = new FakeRegistry();
    pulls = new Pulls(directory);
    image = TestImage.of(5000).push(registry, "name", "tag");
    blob = FakeRegistry.blobPath("name", image.layerDigest(0));
  }

  @AfterEach
  void stop() {
    registry.close();
    other.close();
  }

  private OciImage pull() {
    return pulls.pull(registry.reference("name:tag"));
  }

  private void pullsWell() {
    assertThat(pull().layers().get(0).file()).hasBinaryContent(image.layers.get(0));
  }

  private void failsWith(ErrorCode code, String message) {
    assertThatThrownBy(this::pull)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(message)
        .satisfies(AccessTest::holdsNoSecret);
  }

  private static void holdsNoSecret(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      assertThat(cause.toString()).doesNotContain("secret").doesNotContain(BASIC.substring(6));
    }
  }

  private void login(String host) throws IOException {
    Files.writeString(
        pulls.dockerConfig,
        "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(host, BASIC.substring(6)));
  }

  private void everywhere(HttpHandler handler) {
    List<String> paths =
        List.of(MANIFEST, blob, FakeRegistry.blobPath("name", OciDigest.of(image.configBytes())));
    paths.forEach(path -> registry.on(path, handler));
  }

  private HttpHandler guarded(String challenge, String authorization) {
    return exchange -> {
      if (authorization.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
        registry.serve(exchange);
      } else {
        exchange.getResponseHeaders().set("WWW-Authenticate", challenge);
        FakeRegistry.answer(exchange, 401, FakeRegistry.error("UNAUTHORIZED", "log in first"));
      }
    };
  }

  private HttpHandler tokens(AtomicReference<String> token) {
    return exchange ->
        FakeRegistry.answer(exchange, 200, "{\"token\":\"%s\"}".formatted(token.get()));
  }

  private String challenge(FakeRegistry realm) {
    return "Bearer realm=\"http://%s/token\",service=\"test\",scope=\"repository:name:pull\""
        .formatted(realm.host());
  }

  // Ways in

  @Test
  void takes_the_name_and_password_that_docker_keeps() throws IOException {
    everywhere(guarded("Basic realm=\"test\"", BASIC));
    failsWith(ErrorCode.UNAUTHORIZED, "docker login " + registry.host());
    login("elsewhere.example");
    failsWith(ErrorCode.UNAUTHORIZED, "(401: log in first)");
    login(registry.host());
    pullsWell();
  }

  @Test
  void wrong_passwords_are_refused_in_words() throws IOException {
    everywhere(guarded("Basic realm=\"test\"", "Basic other"));
    login(registry.host());
    failsWith(ErrorCode.UNAUTHORIZED, "refuses access");
  }

  @Test
  void a_public_registry_never_sees_the_password() throws IOException {
    login(registry.host());
    pullsWell();
    assertThat(registry.seen()).allMatch(request -> request.authorization() == null);
  }

  @Test
  void gets_a_token_without_a_name() {
    everywhere(guarded(challenge(registry), "Bearer one"));
    registry.on("/token", tokens(new AtomicReference<>("one")));
    pullsWell();
    assertThat(registry.seen("/token"))
        .singleElement()
        .satisfies(request -> assertThat(request.authorization()).isNull())
        .satisfies(
            request ->
                assertThat(request.query()).isEqualTo("service=test&scope=repository:name:pull"));
  }

  @Test
  void gets_a_token_for_a_name() throws IOException {
    login(registry.host());
    everywhere(guarded(challenge(other), "Bearer one"));
    other.on("/token", tokens(new AtomicReference<>("one")));
    pullsWell();
    assertThat(other.seen("/token"))
        .singleElement()
        .satisfies(request -> assertThat(request.authorization()).isEqualTo(BASIC));
    assertThat(registry.seen()).noneMatch(request -> BASIC.equals(request.authorization()));
  }

  @Test
  void a_token_service_that_refuses_is_told() throws IOException {
    login(registry.host());
    everywhere(guarded(challenge(registry), "Bearer one"));
    registry.on("/token", exchange -> FakeRegistry.answer(exchange, 401, ""));
    failsWith(ErrorCode.UNAUTHORIZED, "refuses access");
    registry.on("/token", exchange -> FakeRegistry.answer(exchange, 200, "{}"));
    failsWith(ErrorCode.OPERATION_FAILED, "not understood");
    registry.on("/token", tokens(new AtomicReference<>("one")));
    pullsWell();
  }

  @Test
  void a_token_that_expires_between_manifest_and_layer_is_renewed() {
    image = TestImage.of(5 << 20).push(registry, "name", "tag");
    blob = FakeRegistry.blobPath("name", image.layerDigest(0));
    AtomicReference<String> token = new AtomicReference<>("one");
    registry.on("/token", tokens(token));
    registry.on(MANIFEST, guarded(challenge(registry), "Bearer one"));
    registry.on(
        blob,
        exchange -> {
          token.set("two");
          guarded(challenge(registry), "Bearer two").handle(exchange);
        });
    pullsWell();
    assertThat(registry.seen("/token")).hasSize(2);
  }

  @Test
  void layers_may_ask_for_a_token_when_the_manifest_did_not() {
    registry.on("/token", tokens(new AtomicReference<>("one")));
    registry.on(blob, guarded(challenge(registry), "Bearer one"));
    pullsWell();
  }

  @Test
  void challenges_that_make_no_sense_are_refused() {
    for (String challenge :
        List.of(
            "Digest realm=\"x\"",
            "Bearer",
            "Bearer realm=\"\"",
            "Bearer realm=\"file:///etc/passwd\"",
            "Bearer realm=\"http://registry.example/token\"",
            "Bearer realm=\"::\"")) {
      everywhere(guarded(challenge, "Bearer one"));
      assertThatThrownBy(this::pull).as(challenge).isInstanceOf(BangerException.class);
    }
  }

  @Test
  void a_broken_config_of_docker_is_no_anonymous_pull() throws IOException {
    everywhere(guarded("Basic realm=\"test\"", BASIC));
    for (String content :
        List.of(
            "{secret", "{\"auths\":{\"%s\":{\"auth\":\"!secret\"}}}".formatted(registry.host()))) {
      Files.writeString(pulls.dockerConfig, content);
      failsWith(ErrorCode.BAD_REQUEST, "config.json");
    }
    login(registry.host());
    pullsWell();
  }

  @Test
  void asks_the_credential_helper_that_the_config_names() throws Exception {
    Path helper = directory.resolve("docker-credential-banger-test");
    Files.writeString(
        helper,
        """
        #!/bin/sh
        read -r server
        printf '{"ServerURL":"%s","Username":"me-%s","Secret":"secret"}' "$server" "$server"
        """);
    assertThat(helper.toFile().setExecutable(true)).isTrue();
    Files.writeString(
        pulls.dockerConfig, "{\"credHelpers\":{\"registry.example\":\"banger-test\"}}");
    ProcessBuilder process =
        OtherProcess.running(
            PrintUser.class,
            pulls.dockerConfig.toString(),
            "registry.example",
            "elsewhere.example");
    process.environment().put("PATH", directory + ":" + System.getenv("PATH"));
    Process running = process.redirectErrorStream(true).start();
    String output = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(running.waitFor()).as(output).isZero();
    assertThat(output.lines()).containsExactly("me-registry.example", "nobody");
  }

  // Where the authorization goes

  private void redirectLayer(String location) {
    registry.on(
        blob,
        exchange -> {
          exchange.getResponseHeaders().set("Location", location);
          exchange.sendResponseHeaders(307, -1);
        });
  }

  @Test
  void a_redirect_to_another_host_does_not_take_the_authorization_along() throws IOException {
    login(registry.host());
    registry.on(MANIFEST, guarded("Basic realm=\"test\"", BASIC));
    other.blob("name", image.layerDigest(0), image.layers.get(0));
    redirectLayer("http://" + other.host() + blob + "?signature=x");
    pullsWell();
    assertThat(registry.seen(blob))
        .extracting(FakeRegistry.Seen::authorization)
        .containsExactly(BASIC);
    assertThat(other.seen(blob))
        .extracting(FakeRegistry.Seen::authorization)
        .containsExactly((String) null);
  }

  @Test
  void a_redirect_back_does_not_bring_the_authorization_back() throws IOException {
    login(registry.host());
    registry.on(MANIFEST, guarded("Basic realm=\"test\"", BASIC));
    redirectLayer("http://" + other.host() + "/hop");
    other.on(
        "/hop",
        exchange -> {
          exchange.getResponseHeaders().set("Location", "http://" + registry.host() + "/landing");
          exchange.sendResponseHeaders(302, -1);
        });
    registry.on("/landing", exchange -> FakeRegistry.answer(exchange, 404, ""));
    failsWith(ErrorCode.NOT_FOUND, "has no");
    assertThat(registry.seen("/landing"))
        .extracting(FakeRegistry.Seen::authorization)
        .containsExactly((String) null);
  }

  @Test
  void a_redirect_within_the_registry_keeps_the_authorization() throws IOException {
    login(registry.host());
    everywhere(guarded("Basic realm=\"test\"", BASIC));
    redirectLayer("/elsewhere");
    registry.on(
        "/elsewhere",
        exchange -> {
          assertThat(exchange.getRequestHeaders().getFirst("Authorization")).isEqualTo(BASIC);
          exchange.sendResponseHeaders(200, image.layers.get(0).length);
          exchange.getResponseBody().write(image.layers.get(0));
        });
    pullsWell();
  }

  @Test
  void a_redirected_manifest_loses_the_authorization_too() throws IOException {
    login(registry.host());
    registry.on(MANIFEST, guarded("Basic realm=\"test\"", BASIC));
    pullsWell();
    registry.on(
        MANIFEST,
        exchange -> {
          if (exchange.getRequestHeaders().containsKey("Authorization")) {
            exchange.getResponseHeaders().set("Location", "http://" + other.host() + MANIFEST);
            exchange.sendResponseHeaders(302, -1);
          } else {
            guarded("Basic realm=\"test\"", BASIC).handle(exchange);
          }
        });
    other.manifest("name", "tag", TestImage.OCI_MANIFEST, image.manifestBytes());
    pullsWell();
    assertThat(other.seen(MANIFEST))
        .extracting(FakeRegistry.Seen::authorization)
        .containsExactly((String) null);
  }

  @Test
  void redirects_that_lead_nowhere_good_are_refused() {
    AtomicInteger times = new AtomicInteger();
    for (String location :
        List.of(
            "http://registry.example/x?signature=secret",
            "file:///etc/passwd",
            "",
            "http://[",
            "ftp://127.0.0.1/")) {
      redirectLayer(location);
      failsWith(ErrorCode.OPERATION_FAILED, registry.host());
    }
    registry.on(
        blob,
        exchange -> {
          exchange.getResponseHeaders().set("Location", blob + "?" + times.incrementAndGet());
          exchange.sendResponseHeaders(302, -1);
        });
    failsWith(ErrorCode.OPERATION_FAILED, "redirects more than");
    assertThat(times).hasValueLessThan(10);
    registry.heal(blob);
    pullsWell();
  }

  // TLS and proxies

  @Test
  void a_certificate_that_nobody_vouches_for_is_never_accepted() throws Exception {
    TestCertificate certificate = TestCertificate.create(directory);
    try (FakeRegistry secure = FakeRegistry.withTls(certificate.server())) {
      TestImage.of(10).push(secure, "name", "tag");
      OciReference reference = secure.reference("name:tag");
      for (boolean insecure : new boolean[] {false, true}) {
        assertThatThrownBy(() -> pulls.puller().pull(reference, insecure, pulls.operation()))
            .hasMessageContaining("no secure connection to the registry " + secure.host())
            .hasMessageContaining("trust store");
      }
      assertThat(secure.seen()).isEmpty();
      OciPuller trusting = new OciPuller(pulls.cache, pulls.settings(), certificate.client());
      assertThat(trusting.pull(reference, false, pulls.operation()).layers()).hasSize(1);
    }
  }

  @Test
  void plain_http_to_another_host_takes_the_callers_word() {
    pulls
        .silence(Duration.ofSeconds(5))
        .environment(Map.of("http_proxy", other.host(), "https_proxy", other.host()));
    TestImage.of(10).push(other, "name", "tag");
    OciReference far = OciReference.parse("registry.example:5000/name:tag");

    assertThatThrownBy(() -> pulls.puller().pull(far, false, pulls.operation()))
        .isInstanceOf(BangerException.class);
    assertThat(other.seen()).noneMatch(request -> request.method().equals("GET"));

    assertThat(pulls.puller().pull(far, true, pulls.operation()).layers()).hasSize(1);
    assertThat(other.seen("/v2/name/manifests/tag")).hasSize(1);
  }

  @Test
  void a_registry_that_is_not_there_is_told() {
    registry.close();
    failsWith(ErrorCode.OPERATION_FAILED, "cannot reach the registry " + registry.host());
  }
}
