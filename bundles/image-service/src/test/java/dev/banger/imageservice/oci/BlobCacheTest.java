// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlobCacheTest {
  private static final byte[] OLD = "old".getBytes(StandardCharsets.UTF_8);
  private static final byte[] NEW = "newer".getBytes(StandardCharsets.UTF_8);

  @TempDir Path directory;
  private final SetClock clock = new SetClock(Instant.parse("2026-01-01T00:00:00Z"));
  private BlobCache cache;

  @BeforeEach
  void open() {
    cache = new BlobCache(directory.resolve("oci"), clock);
  }

  private OciDigest put(byte[] content) {
    OciDigest digest = OciDigest.of(content);
    cache.put(digest, content, Operation.background());
    assertThat(cache.find(digest, content.length)).isPresent(); // a use, at the clock's time
    return digest;
  }

  private Path partial(OciDigest digest) {
    return directory.resolve("oci/partial/" + digest.hex() + ".partial");
  }

  private List<OciDigest> kept() {
    return cache.list().stream().map(CachedBlob::digest).toList();
  }

  private static List<OciDigest> digests(List<CachedBlob> blobs) {
    return blobs.stream().map(CachedBlob::digest).toList();
  }

  @Test
  void lists_bytes_and_last_use_and_what_is_on_its_way() throws IOException {
    OciDigest old = put(OLD);
    clock.advance(Duration.ofHours(1));
    OciDigest newer = put(NEW);
    OciDigest coming = OciDigest.of(new byte[] {1});
    Files.write(partial(coming), new byte[7]);
    Files.setLastModifiedTime(partial(coming), FileTime.from(clock.instant().plusSeconds(1)));
    List<CachedBlob> blobs = cache.list();
    assertThat(digests(blobs)).containsExactly(old, newer, coming);
    assertThat(blobs).extracting(CachedBlob::bytes).containsExactly(3L, 5L, 7L);
    assertThat(blobs).extracting(CachedBlob::complete).containsExactly(true, true, false);
    assertThat(blobs.get(0).lastUse()).isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
    assertThat(blobs.get(0).file()).hasBinaryContent(OLD);
  }

  @Test
  void content_must_have_its_digest() {
    OciDigest digest = OciDigest.of(NEW);
    assertThatThrownBy(() -> cache.put(digest, OLD, Operation.background()))
        .hasMessageContaining("thrown away");
    assertThat(cache.list()).isEmpty();
    cache.put(digest, NEW, Operation.background());
    assertThat(cache.read(digest, 100, Operation.background())).hasValue(NEW);
  }

  @Test
  void large_content_is_not_read_into_memory() {
    OciDigest digest = put(NEW);
    assertThat(cache.read(digest, NEW.length, Operation.background())).hasValue(NEW);
    assertThat(cache.read(digest, NEW.length - 1, Operation.background())).isEmpty();
    assertThat(kept()).containsExactly(digest);
  }

  @Test
  void content_that_was_damaged_since_is_removed() throws IOException {
    OciDigest digest = put(NEW);
    Files.write(cache.file(digest), OLD);
    assertThat(cache.find(digest, NEW.length)).isEmpty();
    assertThat(cache.file(digest)).doesNotExist();
    put(NEW);
    Files.write(cache.file(digest), "NEWER".getBytes(StandardCharsets.UTF_8));
    assertThat(cache.read(digest, 100, Operation.background())).isEmpty();
    assertThat(cache.file(digest)).doesNotExist();
    put(NEW);
    assertThat(cache.read(digest, 100, Operation.background())).hasValue(NEW);
  }

  @Test
  void prunes_what_was_not_used_for_a_time() {
    OciDigest old = put(OLD);
    clock.advance(Duration.ofDays(2));
    OciDigest newer = put(NEW);
    clock.advance(Duration.ofDays(1));

    Operation operation = Operation.background();
    assertThat(digests(cache.prune(Duration.ofDays(2), true, operation))).containsExactly(old);
    assertThat(kept()).containsExactly(old, newer);
    assertThat(digests(cache.prune(Duration.ofDays(2), false, operation))).containsExactly(old);
    assertThat(kept()).containsExactly(newer);
    assertThat(digests(cache.prune(Duration.ZERO, false, operation))).containsExactly(newer);
    assertThat(kept()).isEmpty();
  }

  @Test
  void using_a_blob_keeps_it() {
    OciDigest old = put(OLD);
    clock.advance(Duration.ofDays(3));
    assertThat(cache.find(old, OLD.length)).isPresent();
    assertThat(cache.prune(Duration.ofDays(2), false, Operation.background())).isEmpty();
    assertThat(kept()).containsExactly(old);
  }

  @Test
  void what_is_held_is_not_pruned() {
    OciDigest old = put(OLD);
    clock.advance(Duration.ofSeconds(1));
    OciDigest newer;
    try (BlobCache.Hold hold = cache.hold()) {
      newer = put(NEW);
      clock.advance(Duration.ofSeconds(1));
      assertThat(digests(cache.prune(Duration.ZERO, false, Operation.background())))
          .containsExactly(old);
      assertThat(kept()).containsExactly(newer);
    }
    assertThat(digests(cache.prune(Duration.ZERO, false, Operation.background())))
        .containsExactly(newer);
  }

  @Test
  void what_is_being_fetched_is_not_pruned_and_not_waited_for() throws IOException {
    OciDigest coming = OciDigest.of(NEW);
    Files.write(partial(coming), new byte[2]);
    Files.setLastModifiedTime(partial(coming), FileTime.from(clock.instant()));
    try (KeyedLocks.Held held = cache.lock(coming, Operation.background())) {
      assertThat(cache.prune(Duration.ZERO, false, Operation.background())).isEmpty();
    }
    assertThat(digests(cache.prune(Duration.ZERO, false, Operation.background())))
        .containsExactly(coming);
    assertThat(partial(coming)).doesNotExist();
  }

  @Test
  void pruning_can_be_cancelled() {
    put(OLD);
    Operation operation = Operation.background();
    operation.cancel("gone");
    assertThatThrownBy(() -> cache.prune(Duration.ZERO, false, operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
    assertThat(kept()).hasSize(1);
  }

  @Test
  void sweeps_strangers_and_old_beginnings_only() throws IOException {
    OciDigest blob = put(OLD);
    OciDigest recent = OciDigest.of(new byte[] {1});
    OciDigest stale = OciDigest.of(new byte[] {2});
    for (OciDigest digest : List.of(recent, stale)) {
      Files.write(partial(digest), new byte[7]);
      Files.setLastModifiedTime(partial(digest), FileTime.from(clock.instant()));
    }
    clock.advance(Duration.ofDays(8));
    Files.setLastModifiedTime(partial(recent), FileTime.from(clock.instant()));
    Files.write(directory.resolve("oci/blobs/sha256/stranger"), OLD);
    Files.write(directory.resolve("oci/partial/stranger"), OLD);
    Files.createSymbolicLink(
        directory.resolve("oci/blobs/sha256/" + "0".repeat(64)), Path.of("/dev/zero"));

    cache.sweep();

    assertThat(kept()).containsExactly(blob, recent);
    assertThat(directory.resolve("oci/blobs/sha256")).isDirectoryNotContaining("glob:**/stranger");
    assertThat(directory.resolve("oci/partial")).isDirectoryNotContaining("glob:**/stranger");
    assertThat(Files.isSymbolicLink(directory.resolve("oci/blobs/sha256/" + "0".repeat(64))))
        .isFalse();
  }

  @Test
  void a_cache_that_cannot_be_made_says_so() throws IOException {
    Path file = Files.write(directory.resolve("file"), OLD);
    assertThatThrownBy(() -> new BlobCache(file.resolve("oci")))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("cannot make the image cache");
  }

  /** A clock that stands still until it is moved. */
  private static final class SetClock extends Clock {
    private Instant now;

    SetClock(Instant now) {
      this.now = now;
    }

    void advance(Duration time) {
      now = now.plus(time);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneId.of("UTC");
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
