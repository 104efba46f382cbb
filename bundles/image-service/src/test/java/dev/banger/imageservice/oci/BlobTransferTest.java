// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How blobs come when the network or the registry does its worst. */
@Timeout(30)
class BlobTransferTest {
  private static final int SIZE = 300_000;

  @TempDir Path directory;
  private FakeRegistry registry;
  private Pulls pulls;
  private TestImage image;
  private byte[] layer;
  private OciDigest digest;
  private String path;

  @BeforeEach
  void start() throws IOException {
    registry = new FakeRegistry();
    pulls = new Pulls(directory);
    image = TestImage.of(SIZE).push(registry, "name", "tag");
    layer = image.layers.get(0);
    digest = image.layerDigest(0);
    path = FakeRegistry.blobPath("name", digest);
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  private OciImage pull() {
    return pulls.pull(registry.reference("name:tag"));
  }

  private void pullsWell() {
    assertThat(pull().layers().get(0).file()).hasBinaryContent(layer);
    assertThat(pulls.cache.list()).allMatch(CachedBlob::complete);
  }

  private void failsWith(ErrorCode code, String message) {
    assertThatThrownBy(this::pull)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(message);
    assertThat(pulls.complete()).doesNotContain(digest);
  }

  private Path partial() {
    return directory.resolve("oci/partial").resolve(digest.hex() + ".partial");
  }

  private static void until(BooleanSupplier condition) {
    Operation.background().within(Duration.ofSeconds(25)).await(condition, Duration.ofMillis(5));
  }

  private List<String> ranges() {
    return registry.seen(path).stream().map(FakeRegistry.Seen::range).toList();
  }

  // What is not the blob

  @Test
  void a_wrong_blob_never_enters_the_cache() {
    byte[] other = layer.clone();
    other[1000] ^= 1;
    registry.blob("name", digest, other);
    failsWith(ErrorCode.OPERATION_FAILED, "what came for " + digest);
    assertThat(partial()).doesNotExist();
    registry.blob("name", digest, layer);
    pullsWell();
  }

  @Test
  void an_empty_blob_never_enters_the_cache() {
    registry.on(path, exchange -> exchange.sendResponseHeaders(200, -1));
    failsWith(ErrorCode.OPERATION_FAILED, "which must have " + layer.length);
    registry.heal(path);
    pullsWell();
  }

  @Test
  void a_blob_that_ends_early_never_enters_the_cache() {
    registry.on(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, 0); // chunked, so that it ends well
          exchange.getResponseBody().write(layer, 0, 1000);
        });
    failsWith(ErrorCode.OPERATION_FAILED, "1000 of " + layer.length);
    registry.heal(path);
    pullsWell();
  }

  @Test
  void a_blob_that_is_announced_larger_is_not_read() {
    registry.on(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, layer.length + 1L);
          exchange.getResponseBody().write(layer);
          exchange.getResponseBody().write(0);
        });
    failsWith(ErrorCode.OPERATION_FAILED, "which must have " + layer.length);
    assertThat(registry.seen(path)).hasSize(1);
    registry.heal(path);
    pullsWell();
  }

  @Test
  void a_blob_that_goes_on_and_on_is_left_at_once() {
    CompletableFuture<Long> sent = new CompletableFuture<>();
    registry.on(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          long bytes = 0;
          try {
            for (; bytes < 4L << 30; bytes += layer.length) {
              exchange.getResponseBody().write(layer);
            }
          } finally {
            sent.complete(bytes);
          }
        });
    failsWith(ErrorCode.OPERATION_FAILED, "which must have " + layer.length);
    assertThat(sent)
        .succeedsWithin(Duration.ofSeconds(25))
        .satisfies(bytes -> assertThat(bytes).isLessThan(64L << 20));
    registry.heal(path);
    pullsWell();
  }

  // Connections that break

  @Test
  void goes_on_where_the_connection_broke() {
    AtomicInteger times = new AtomicInteger();
    registry.on(
        path,
        exchange -> {
          if (times.incrementAndGet() == 1) {
            FakeRegistry.breakOff(exchange, layer, 200_000);
          }
          registry.serve(exchange);
        });
    pullsWell();
    assertThat(ranges()).hasSize(2);
    assertThat(ranges().get(0)).isNull();
    assertThat(ranges().get(1)).matches("bytes=[1-9]\\d*-");
  }

  @Test
  void a_connection_that_always_breaks_is_tried_a_few_times_only() {
    registry.on(path, exchange -> FakeRegistry.breakOff(exchange, layer, 1000));
    failsWith(ErrorCode.OPERATION_FAILED, "broke");
    assertThat(registry.seen(path)).hasSize(3);
    registry.heal(path);
    pullsWell();
  }

  @Test
  void the_next_pull_goes_on_where_the_last_one_stopped() throws IOException {
    registry.on(path, exchange -> FakeRegistry.breakOff(exchange, layer, 200_000));
    failsWith(ErrorCode.OPERATION_FAILED, "broke");
    long kept = Files.size(partial());
    assertThat(kept).isPositive();
    registry.heal(path);
    int before = registry.seen(path).size();
    pulls = new Pulls(directory); // as after a restart
    pullsWell();
    assertThat(ranges().subList(before, ranges().size())).containsExactly("bytes=" + kept + "-");
  }

  @Test
  void goes_on_where_a_process_was_killed() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    pulls.silence(Duration.ofSeconds(3)); // for what comes to come, on a slow host too
    registry.on(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, layer.length);
          exchange.getResponseBody().write(layer, 0, 100_000);
          exchange.getResponseBody().flush();
          await(over);
        });
    Process killed =
        OtherProcess.running(
                PullOnce.class, directory.toString(), registry.reference("name:tag").toString())
            .redirectOutput(directory.resolve("output").toFile())
            .start();
    try {
      until(() -> pulls.cache.begun(digest) == 100_000);
    } finally {
      killed.destroyForcibly().waitFor();
    }
    over.countDown();
    registry.heal(path);
    assertThat(pulls.complete()).doesNotContain(digest);
    pulls.cache.sweep();
    pullsWell();
    assertThat(ranges()).containsExactly(null, "bytes=100000-");
  }

  @Test
  void a_blob_that_had_come_as_a_whole_is_not_asked_for_again() throws IOException {
    Files.write(partial(), layer);
    pullsWell();
    assertThat(registry.seen(path)).isEmpty();
  }

  @Test
  void a_damaged_beginning_is_thrown_away() throws IOException {
    Files.write(partial(), new byte[1000]);
    pullsWell();
    assertThat(ranges()).containsExactly("bytes=1000-", null);
  }

  @Test
  void a_beginning_that_is_too_long_is_thrown_away() throws IOException {
    Files.write(partial(), new byte[layer.length + 1]);
    pullsWell();
    assertThat(ranges()).containsExactly((String) null);
  }

  @Test
  void a_beginning_that_is_a_link_is_not_written_through() throws IOException {
    Path other = Files.write(directory.resolve("other"), new byte[] {1});
    Files.createSymbolicLink(partial(), other);
    failsWith(ErrorCode.OPERATION_FAILED, "cannot write to the image cache");
    assertThat(other).hasBinaryContent(new byte[] {1});
    Files.delete(partial());
    pullsWell();
  }

  @Test
  void a_registry_that_knows_no_ranges_starts_anew() throws IOException {
    Files.write(partial(), java.util.Arrays.copyOf(layer, 1000));
    registry.on(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, layer.length);
          exchange.getResponseBody().write(layer);
        });
    pullsWell();
    assertThat(ranges()).containsExactly("bytes=1000-");
  }

  @Test
  void a_registry_that_refuses_ranges_starts_anew() throws IOException {
    Files.write(partial(), java.util.Arrays.copyOf(layer, 1000));
    registry.on(
        path,
        exchange -> {
          if (exchange.getRequestHeaders().containsKey("Range")) {
            FakeRegistry.answer(exchange, 416, "");
          } else {
            registry.serve(exchange);
          }
        });
    pullsWell();
    assertThat(ranges()).containsExactly("bytes=1000-", null);
  }

  @Test
  void another_range_than_asked_for_is_refused() throws IOException {
    Files.write(partial(), java.util.Arrays.copyOf(layer, 1000));
    registry.on(
        path,
        exchange -> {
          exchange
              .getResponseHeaders()
              .set("Content-Range", "bytes 500-%d/%d".formatted(layer.length - 1, layer.length));
          exchange.sendResponseHeaders(206, layer.length - 500);
          exchange.getResponseBody().write(layer, 500, layer.length - 500);
        });
    failsWith(ErrorCode.OPERATION_FAILED, "another part");
    registry.heal(path);
    pullsWell();
  }

  // Registries that fail

  @Test
  void a_registry_that_fails_for_a_moment_is_asked_again() {
    AtomicInteger times = new AtomicInteger();
    for (String each : List.of(path, "/v2/name/manifests/tag")) {
      registry.on(
          each,
          exchange -> {
            if (times.incrementAndGet() % 2 == 1) {
              FakeRegistry.answer(exchange, 503, "");
            } else {
              registry.serve(exchange);
            }
          });
    }
    pullsWell();
    assertThat(times).hasValue(4);
  }

  @Test
  void errors_of_the_registry_are_told_with_their_words() {
    for (String each : List.of("/v2/name/manifests/tag", path)) {
      answers(each, 403, ErrorCode.UNAUTHORIZED, "docker login " + registry.host());
      answers(each, 404, ErrorCode.NOT_FOUND, "has no");
      answers(each, 429, ErrorCode.UNAVAILABLE, "asked too often");
      answers(each, 500, ErrorCode.UNAVAILABLE, "try again later");
      answers(each, 400, ErrorCode.OPERATION_FAILED, "unexpected answer");
    }
    pullsWell();
  }

  private void answers(String where, int status, ErrorCode code, String message) {
    registry.on(
        where,
        exchange ->
            FakeRegistry.answer(exchange, status, FakeRegistry.error("CODE", "its own words")));
    failsWith(code, message);
    failsWith(code, "(" + status + ": its own words)");
    registry.on(where, exchange -> FakeRegistry.answer(exchange, status, "<html>no JSON</html>"));
    failsWith(code, "(" + status + ")");
    registry.heal(where);
  }

  // Silence and leaving

  @Test
  void a_registry_that_falls_silent_is_given_up() throws IOException {
    CountDownLatch over = new CountDownLatch(1);
    pulls.silence(Duration.ofMillis(300));
    for (String each : List.of("/v2/", "/v2/name/manifests/tag", path)) {
      registry.on(each, exchange -> await(over));
      failsWith(ErrorCode.DEADLINE_EXCEEDED, registry.host() + " has sent nothing for 300 ms");
      registry.heal(each);
    }
    pulls.silence(Duration.ofSeconds(3)); // for what comes to come, on a slow host too
    registry.on(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, layer.length);
          exchange.getResponseBody().write(layer, 0, 100_000);
          exchange.getResponseBody().flush();
          await(over);
        });
    failsWith(ErrorCode.DEADLINE_EXCEEDED, "what has come is kept");
    assertThat(Files.size(partial())).isEqualTo(100_000);
    over.countDown();
    registry.heal(path);
    pulls.silence(Duration.ofSeconds(20));
    pullsWell();
  }

  @Test
  void a_slow_registry_is_no_silent_one() {
    pulls.silence(Duration.ofSeconds(3));
    registry.on(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, layer.length);
          int step = layer.length / 10 + 1;
          for (int at = 0; at < layer.length; at += step) {
            exchange.getResponseBody().write(layer, at, Math.min(step, layer.length - at));
            exchange.getResponseBody().flush();
            Operation.background().pause(Duration.ofMillis(350));
          }
        });
    Instant begin = Instant.now();
    pullsWell();
    assertThat(Duration.between(begin, Instant.now())).isGreaterThan(Duration.ofSeconds(3));
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void leavesAt(String where, boolean midway) throws Exception {
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    registry.on(
        where,
        exchange -> {
          if (midway) {
            exchange.sendResponseHeaders(200, layer.length);
            exchange.getResponseBody().write(layer, 0, 1000);
            exchange.getResponseBody().flush();
          }
          reached.countDown();
          await(over);
        });
    Operation operation = pulls.operation();
    CompletableFuture<OciImage> pulling =
        CompletableFuture.supplyAsync(
            () -> pulls.puller().pull(registry.reference("name:tag"), false, operation));
    await(reached);
    if (midway) {
      until(() -> pulls.cache.begun(digest) == 1000);
    }
    operation.cancel("the client left");
    assertThatThrownBy(() -> get(pulling, Duration.ofSeconds(15)))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED))
        .hasMessage("the client left");
    assertThat(pulls.cache.wanting(digest)).isZero();
    until(BlobTransferTest::noThreadPulls);
    over.countDown();
    registry.heal(where);
  }

  private static <T> T get(CompletableFuture<T> future, Duration limit) throws TimeoutException {
    try {
      return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw (BangerException) e.getCause();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean noThreadPulls() {
    return Thread.getAllStackTraces().keySet().stream()
        .noneMatch(thread -> thread.getName().equals("banger-image-pull"));
  }

  @Test
  void a_client_that_leaves_ends_the_pull_at_once() throws Exception {
    leavesAt("/v2/", false);
    leavesAt("/v2/name/manifests/tag", false);
    leavesAt(path, false);
    leavesAt(path, true);
    pullsWell();
    assertThat(ranges()).last().isEqualTo("bytes=1000-");
  }

  @Test
  void a_deadline_ends_the_pull() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    registry.on(path, exchange -> await(over));
    assertThatThrownBy(
            () ->
                pulls
                    .puller()
                    .pull(
                        registry.reference("name:tag"),
                        false,
                        pulls.operation().within(Duration.ofMillis(500))))
        .isInstanceOfSatisfying(
            BangerException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
    over.countDown();
  }

  @Test
  void a_layer_that_fails_ends_the_others() throws IOException {
    TestImage two = TestImage.of(SIZE, 5000).push(registry, "two", "tag");
    String first = FakeRegistry.blobPath("two", two.layerDigest(0));
    String second = FakeRegistry.blobPath("two", two.layerDigest(1));
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    registry.on(
        first,
        exchange -> {
          reached.countDown();
          await(over);
        });
    registry.on(
        second,
        exchange -> {
          await(reached);
          FakeRegistry.answer(exchange, 404, "");
        });
    assertThatThrownBy(() -> pulls.pull(registry.reference("two:tag")))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
    over.countDown();
    registry.heal(first);
    registry.heal(second);
    assertThat(pulls.pull(registry.reference("two:tag")).layers()).hasSize(2);
  }

  // More than one at once

  @Test
  void two_pulls_of_one_blob_fetch_it_once() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    registry.on(
        path,
        exchange -> {
          await(go);
          registry.serve(exchange);
        });
    CompletableFuture<OciImage> first = CompletableFuture.supplyAsync(this::pull);
    CompletableFuture<OciImage> second = CompletableFuture.supplyAsync(this::pull);
    until(() -> pulls.cache.wanting(digest) == 2);
    go.countDown();
    assertThat(get(first, Duration.ofSeconds(25))).isEqualTo(get(second, Duration.ofSeconds(25)));
    assertThat(registry.seen(path)).hasSize(1);
  }

  @Test
  void who_waits_for_another_pull_leaves_at_once_and_the_other_goes_on() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    registry.on(
        path,
        exchange -> {
          await(go);
          registry.serve(exchange);
        });
    CompletableFuture<OciImage> first = CompletableFuture.supplyAsync(this::pull);
    until(() -> pulls.cache.wanting(digest) == 1 && !registry.seen(path).isEmpty());
    Operation leaving = pulls.operation();
    CompletableFuture<OciImage> second =
        CompletableFuture.supplyAsync(
            () -> pulls.puller().pull(registry.reference("name:tag"), false, leaving));
    until(() -> pulls.cache.wanting(digest) == 2);
    leaving.cancel("gone");
    assertThatThrownBy(() -> get(second, Duration.ofSeconds(15))).hasMessage("gone");
    go.countDown();
    assertThat(get(first, Duration.ofSeconds(25)).layers()).hasSize(1);
  }

  @Test
  void as_many_blobs_at_once_as_set_and_no_more() {
    int parallel = 3;
    pulls.parallel(parallel);
    TestImage many = TestImage.of(new int[] {1, 2, 3, 4, 5, 6, 7}).push(registry, "many", "tag");
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch full = new CountDownLatch(parallel);
    for (int i = 0; i < 7; i++) {
      registry.on(
          FakeRegistry.blobPath("many", many.layerDigest(i)),
          exchange -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            full.countDown();
            await(full);
            now.decrementAndGet();
            registry.serve(exchange);
          });
    }
    pulls.pull(registry.reference("many:tag"));
    assertThat(most).hasValue(parallel);
  }
}
