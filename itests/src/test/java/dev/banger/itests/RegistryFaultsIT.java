// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Faults in the middle of a pull from a registry: whatever the phase, no half image is seen,
 * nothing lies about that no pull would go on with, and the same pull again succeeds and fetches
 * only what had not come.
 */
@Timeout(120)
class RegistryFaultsIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int HALF = 1 << 20;

  /** What the merge and the work seed write: enough for each to be found at work. */
  private static final int MERGED = 160 << 20;

  private static final int BEGUN = 4 << 20;

  /** What a pull is doing when the fault comes. */
  enum Phase {
    MANIFEST_FETCHED,
    LAYER_HALF_FETCHED,
    MERGE_UNDER_WAY,
    SEED_UNDER_WAY,
    JUST_PUBLISHED;

    boolean needsNetwork() {
      return this == MANIFEST_FETCHED || this == LAYER_HALF_FETCHED;
    }
  }

  @TempDir static Path directory;

  private static LocalRegistry registry;
  private static RegistryRelay relay;
  private static SmallDisk disk;
  private static Installation roomy;
  private static Installation cramped;

  private static String image;
  private static String config;
  private static List<String> layers;
  private static long allBytes;
  private static long brokenOffBytes;

  @BeforeAll
  static void install() throws IOException {
    for (String tool : List.of("docker-registry", "skopeo", "umoci", "e2fsck")) {
      assumeTrue(ImagesIT.isInstalled(tool), tool + " is not installed");
    }
    registry = LocalRegistry.open(directory.resolve("registry"));
    relay = new RegistryRelay(registry);
    roomy = new Installation();
    push("faults:1");
    image = relay.reference("faults:1");
  }

  /** A layer that comes whole, and one that can be broken off and whose /root takes its time. */
  private static void push(String name) throws IOException {
    Path below = Files.createDirectories(directory.resolve("below/srv"));
    byte[] noise = new byte[2 * HALF];
    new Random(1).nextBytes(noise);
    Files.write(below.resolve("noise"), noise);
    Path home = Files.createDirectories(directory.resolve("above/root"));
    new Random(2).nextBytes(noise);
    Files.write(home.resolve("noise"), noise);
    byte[] text = new byte[MERGED];
    Arrays.fill(text, (byte) 'x');
    Files.write(home.resolve("text"), text);
    OciLayout.create(directory.resolve("oci"))
        .layer(below.getParent())
        .layer(home.getParent())
        .push(registry.reference(name));
    JsonNode manifest =
        JSON.readTree(
            OciLayout.host(
                "skopeo",
                "inspect",
                "--raw",
                "--tls-verify=false",
                "docker://" + registry.reference(name)));
    config = manifest.get("config").get("digest").asText();
    layers = manifest.get("layers").findValuesAsText("digest");
    allBytes = manifest.get("config").get("size").asLong();
    for (JsonNode layer : manifest.get("layers")) {
      brokenOffBytes = layer.get("size").asLong();
      allBytes += brokenOffBytes;
    }
  }

  @AfterAll
  static void uninstall() throws IOException {
    try (LocalRegistry first = registry;
        RegistryRelay second = relay;
        SmallDisk third = disk;
        Installation fourth = cramped;
        Installation fifth = roomy) {
      // All are closed, the last first, whatever fails; what was not opened is null.
    }
  }

  private static List<Installation> installations() {
    return Stream.of(roomy, cramped).filter(each -> each != null).toList();
  }

  @AfterEach
  void begin_anew() {
    relay.goOn();
    for (Installation each : installations()) {
      // A test that failed may have left its daemon standing still.
      each.processes().forEach(process -> signal(process, "CONT"));
      each.banger("image", "delete", "faults-1");
      each.banger("image", "cache", "prune");
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_pull_whose_daemon_is_killed_goes_on_where_it_was(Phase phase) {
    HeldPull pull = HeldPull.in(phase, roomy);

    pull.daemon.destroyForcibly();
    pull.daemon.onExit().join();

    Outcome outcome = pull.client.await(LIMIT);
    boolean published = phase == Phase.JUST_PUBLISHED;
    // At the very end the answer may be on its way.
    if (!published || outcome.status() != 0) {
      assertThat(outcome.status()).as(outcome::toString).isEqualTo(1);
      assertThat(outcome.stderr()).contains("the daemon went away");
    }
    assertNothingHalf(roomy, published);
    assertPulledAgain(roomy, phase);
  }

  @ParameterizedTest
  @EnumSource
  void a_pull_that_is_cancelled_goes_on_where_it_was(Phase phase) {
    HeldPull pull = HeldPull.in(phase, roomy);

    pull.client.signal("INT");
    pull.thaw();

    Outcome outcome = pull.client.await(LIMIT);
    // What is published is not taken back.
    boolean published = phase == Phase.JUST_PUBLISHED;
    assertThat(outcome.status()).as(outcome::toString).isEqualTo(published ? 0 : 130);
    assertNothingHalf(roomy, published);
    assertPulledAgain(roomy, phase);
  }

  @ParameterizedTest
  @EnumSource
  void a_pull_that_loses_its_network_goes_on_where_it_was(Phase phase) throws IOException {
    HeldPull pull = HeldPull.in(phase, roomy);

    relay.vanish();
    pull.thaw();

    Outcome outcome = pull.client.await(LIMIT);
    relay.comeBack();
    if (phase.needsNetwork()) {
      assertThat(outcome.status()).as(outcome::toString).isEqualTo(1);
      assertThat(outcome.stderr()).contains("registry localhost:");
    } else {
      assertThat(outcome.status()).as(outcome::toString).isZero();
    }
    assertNothingHalf(roomy, !phase.needsNetwork());
    assertPulledAgain(roomy, phase);
  }

  @ParameterizedTest
  @EnumSource
  void a_pull_whose_disk_is_full_goes_on_where_it_was(Phase phase) throws IOException {
    if (disk == null) {
      disk = SmallDisk.mount("700m");
      cramped = new Installation(disk.home());
    }
    HeldPull pull = HeldPull.in(phase, cramped);

    disk.fill();
    relay.goOn();
    pull.thaw();

    Outcome outcome = pull.client.await(LIMIT);
    // At the very end there may be nothing more to write.
    boolean whole = phase == Phase.JUST_PUBLISHED && outcome.status() == 0;
    if (!whole) {
      assertThat(outcome.status()).as(outcome::toString).isEqualTo(1);
      assertThat(outcome.stderr()).containsPattern("no space left|the disk is full");
    }
    assertNothingHalf(cramped, whole);
    disk.free();
    assertPulledAgain(cramped, phase);
  }

  /** What a person and the next daemon see: an image that is whole, or none at all. */
  private static void assertNothingHalf(Installation banger, boolean published) {
    List<String> ids = banger.json("image", "list").findValuesAsText("id");
    assertThat(ids).hasSize(published ? 1 : 0);
    assertThat(names(images(banger))).isEqualTo(ids);
  }

  private static void assertPulledAgain(Installation banger, Phase phase) {
    relay.goOn();
    long kept = keptBytes(banger);
    assertThat(kept).isGreaterThanOrEqualTo(arrivedBytes(phase));
    relay.countAnew();

    assertThat(pull(banger).await(LIMIT).stdout()).isEqualTo("faults-1\n");

    assertThat(relay.blobBytes()).isEqualTo(allBytes - kept);
    assertNothingHalf(banger, true);
    assertThat(names(partials(banger))).isEmpty();
    JsonNode shown = banger.json("image", "show", "faults-1");
    for (String file : List.of("rootfs", "work_seed")) {
      OciLayout.host("e2fsck", "-fn", shown.get(file).asText());
    }
  }

  private static Running pull(Installation banger) {
    return banger.start("image", "pull", "--size", "1GiB", image);
  }

  private static Path images(Installation banger) {
    return banger.home().resolve("state/images");
  }

  private static Path partials(Installation banger) {
    return banger.home().resolve("cache/oci/partial");
  }

  private static Path partial(Installation banger, String digest) {
    return partials(banger).resolve(hex(digest) + ".partial");
  }

  private static Path blob(Installation banger, String digest) {
    return banger.home().resolve("cache/oci/blobs/sha256").resolve(hex(digest));
  }

  private static String hex(String digest) {
    return digest.substring(digest.indexOf(':') + 1);
  }

  /** How much of the image's blobs the cache has. */
  private static long keptBytes(Installation banger) {
    return Stream.concat(Stream.of(config), layers.stream())
        .mapToLong(
            digest ->
                blob(banger, digest).toFile().length() + partial(banger, digest).toFile().length())
        .sum();
  }

  /** How much of them had come when the fault came. */
  private static long arrivedBytes(Phase phase) {
    return switch (phase) {
      case MANIFEST_FETCHED -> 0;
      case LAYER_HALF_FETCHED -> allBytes - brokenOffBytes + HALF;
      case MERGE_UNDER_WAY, SEED_UNDER_WAY, JUST_PUBLISHED -> allBytes;
    };
  }

  private static List<String> names(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A pull that stands still: for want of the network, or because its daemon is stopped. */
  private record HeldPull(Running client, ProcessHandle daemon) {
    static HeldPull in(Phase phase, Installation banger) {
      assertThat(banger.json("image", "list")).isEmpty();
      ProcessHandle daemon = banger.daemon().orElseThrow();
      switch (phase) {
        case MANIFEST_FETCHED -> relay.stall(config, 0);
        case LAYER_HALF_FETCHED -> relay.stall(layers.get(1), HALF);
        default -> {}
      }
      HeldPull pull = new HeldPull(pull(banger), daemon);
      switch (phase) {
        case MANIFEST_FETCHED -> await("the request", relay::isStalled);
        case LAYER_HALF_FETCHED ->
            await(
                "half a layer",
                () ->
                    partial(banger, layers.get(1)).toFile().length() == HALF
                        && Files.exists(blob(banger, layers.get(0))));
        case MERGE_UNDER_WAY ->
            pull.freezeWhen(
                "the merge",
                () ->
                    stagedBytes(banger, "rootfs.ext4") > BEGUN
                        && stagedBytes(banger, "work-seed.ext4") == 0);
        case SEED_UNDER_WAY ->
            pull.freezeWhen(
                "the work seed",
                () ->
                    stagedBytes(banger, "work-seed.ext4") > BEGUN
                        && stagedBytes(banger, "image.json") == 0);
        case JUST_PUBLISHED -> pull.freezeWhenPublishedBelow(images(banger));
      }
      return pull;
    }

    private static void await(String what, BooleanSupplier condition) {
      Installation.await(what, LIMIT, condition);
    }

    /** The daemon stands still at each look, so that it cannot have gone on since. */
    private void freezeWhen(String what, BooleanSupplier condition) {
      await(
          what,
          () -> {
            signal(daemon, "STOP");
            awaitFrozen();
            boolean reached = condition.getAsBoolean();
            if (!reached) {
              thaw();
            }
            return reached;
          });
    }

    /** Stops the daemon within microseconds, most often before the image has its row. */
    private void freezeWhenPublishedBelow(Path images) {
      String script =
          "until set -- \"$1\" \"$2\" \"$1\"/[0-9a-f]*; [ -d \"$3\" ]; do :; done; kill -STOP $2";
      OciLayout.host(
          "timeout",
          "60",
          "sh",
          "-c",
          script,
          "sh",
          images.toString(),
          Long.toString(daemon.pid()));
      awaitFrozen();
    }

    private void awaitFrozen() {
      Path threads = Path.of("/proc", Long.toString(daemon.pid()), "task");
      await(
          "the daemon to stand still",
          () -> names(threads).stream().allMatch(thread -> isStopped(threads.resolve(thread))));
    }

    private static boolean isStopped(Path thread) {
      try {
        return Files.readString(thread.resolve("status")).contains("State:\tT");
      } catch (IOException e) {
        return true; // it has ended meanwhile
      }
    }

    void thaw() {
      signal(daemon, "CONT");
    }
  }

  private static void signal(ProcessHandle process, String name) {
    Outcome outcome =
        Running.start(List.of("kill", "-" + name, Long.toString(process.pid())), directory)
            .await(LIMIT);
    assertThat(outcome.status()).as(outcome::toString).isZero();
  }

  /** What a file that a pull stages takes on the disk; nothing when it is not there. */
  private static long stagedBytes(Installation banger, String name) {
    for (Path staging : banger.stagedFiles()) {
      Path file = staging.resolve(name);
      if (Files.exists(file)) {
        return Long.parseLong(OciLayout.host("du", "-B1", file.toString()).split("\t")[0]);
      }
    }
    return 0;
  }
}
