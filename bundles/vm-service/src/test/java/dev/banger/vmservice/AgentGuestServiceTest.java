// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecRequest;
import dev.banger.guest.ExecStreams;
import dev.banger.guest.GuestService;
import dev.banger.guest.GuestStatistics;
import dev.banger.operation.Operation;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The guest service and the real agent, which serves this host here: only what changes nothing
 * outside the test's directory.
 */
@Timeout(60)
class AgentGuestServiceTest {
  private static final Path AGENT =
      Path.of("../../native/target/banger-agent").toAbsolutePath().normalize();

  /** Packs and unpacks for the agent. */
  private static final Path BUSYBOX =
      Path.of(
          java.util.Objects.requireNonNullElse(
              System.getenv("BANGER_TEST_BUSYBOX"), "/bin/busybox"));

  @TempDir Path directory;
  private final List<Process> processes = new ArrayList<>();
  private Platform platform;

  @BeforeEach
  void start() {
    assumeTrue(Files.isExecutable(AGENT), "the agent has not been built (native/)");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/socat")), "socat is not installed");
    platform = new Platform(directory);
    platform.hypervisor.otherAgent = this::agent;
    platform.create("web");
    platform.start("web");
  }

  @AfterEach
  void stop() {
    if (platform != null) {
      platform.close();
    }
    processes.forEach(Process::destroyForcibly);
  }

  private ByteChannel agent() {
    Path socket = directory.resolve("agent-" + processes.size());
    try {
      processes.add(
          new ProcessBuilder(
                  "/usr/bin/socat",
                  "UNIX-LISTEN:" + socket,
                  "EXEC:" + AGENT + " --busybox " + BUSYBOX + " --serve-fd 0")
              .inheritIO()
              .start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    AtomicReference<SocketChannel> channel = new AtomicReference<>();
    Operation.background()
        .within(Duration.ofSeconds(30))
        .await(
            () -> {
              try {
                channel.set(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
                return true;
              } catch (IOException e) {
                return false; // it does not listen yet
              }
            },
            Duration.ofMillis(2));
    return channel.get();
  }

  @Test
  void it_answers_and_says_its_boot() throws IOException {
    assertThat(platform.guests().ping("web", operation())).isPositive();
    assertThat(platform.guests().bootId("web", operation()))
        .isEqualTo(Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip());
  }

  @Test
  void a_command_gets_its_input_and_delivers_output_errors_and_status() {
    Streams streams = new Streams("one\ntwo\n".getBytes(StandardCharsets.UTF_8));
    int status =
        platform
            .guests()
            .exec(
                "web",
                new ExecRequest(
                    List.of("sh", "-c", "cat; echo $WORD in $PWD >&2; exit 7"),
                    Map.of("WORD", "here"),
                    "/tmp",
                    null,
                    null),
                streams,
                operation());
    assertThat(status).isEqualTo(7);
    assertThat(streams.out).hasToString("one\ntwo\n");
    assertThat(streams.err).hasToString("here in /tmp\n");
  }

  @Test
  void megabytes_pass_unchanged_in_both_directions() {
    byte[] bytes = new byte[3_000_001];
    new Random(1).nextBytes(bytes);
    Streams streams = new Streams(bytes);
    assertThat(exec(streams, "cat")).isZero();
    assertThat(streams.out.toByteArray()).isEqualTo(bytes);
  }

  @Test
  void a_signal_is_told_as_a_shell_tells_it() {
    assertThat(exec(new Streams(new byte[0]), "sh", "-c", "kill -9 $$")).isEqualTo(137);
  }

  @Test
  void a_program_that_is_not_there_is_refused_with_the_reason() {
    assertThatThrownBy(() -> exec(new Streams(new byte[0]), "no-such-program"))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PROGRAM_NOT_FOUND))
        .hasMessage("cannot run no-such-program: No such file or directory");
  }

  @Test
  void a_program_that_cannot_be_executed_is_refused_with_the_reason() {
    assertThatThrownBy(() -> exec(new Streams(new byte[0]), "/dev/null"))
        .isInstanceOfSatisfying(
            BangerException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.PROGRAM_NOT_EXECUTABLE))
        .hasMessage("cannot run /dev/null: Permission denied");
  }

  @Test
  void a_directory_that_is_not_there_is_no_missing_program() {
    ExecRequest request =
        new ExecRequest(List.of("true"), Map.of(), "/no/such/directory", null, null);
    assertThatThrownBy(
            () -> platform.guests().exec("web", request, new Streams(new byte[0]), operation()))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST))
        .hasMessageContaining("/no/such/directory");
  }

  @Test
  void cancelling_ends_the_command_and_leaves_the_connection() throws InterruptedException {
    Operation operation = Operation.background();
    Streams streams = new Streams(new byte[0]);
    streams.onOutput = () -> operation.cancel("the caller left");
    assertThatThrownBy(
            () ->
                platform
                    .guests()
                    .exec(
                        "web",
                        ExecRequest.of(List.of("sh", "-c", "echo begun; exec sleep 600")),
                        streams,
                        operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
    assertThat(exec(new Streams(new byte[0]), "true")).isZero();
    assertThat(processes).hasSize(1);
  }

  @Test
  void a_command_goes_on_while_the_service_is_updated() throws Exception {
    String id = platform.machines().find("web").id();
    GuestService predecessor = platform.guests();
    CountDownLatch begun = new CountDownLatch(1);
    PipedOutputStream typed = new PipedOutputStream();
    Streams streams = new Streams(new PipedInputStream(typed));
    streams.onOutput = begun::countDown;
    ExecRequest request =
        ExecRequest.of(List.of("sh", "-c", "read a; echo $a; read b; echo $b; exit 3"));
    FutureTask<Integer> command =
        new FutureTask<>(() -> predecessor.exec("web", request, streams, operation()));
    new Thread(command, "command").start();
    type(typed, "before");
    begun.await();

    platform.update();
    platform.update();
    assertThat(platform.connections.serves(id)).isTrue();
    assertThat(exec(new Streams(new byte[0]), "true")).isZero();
    type(typed, "after");
    assertThat(command.get()).isEqualTo(3);
    assertThat(streams.out).hasToString("before\nafter\n");
    assertThat(processes).as("connections").hasSize(1);
    assertThat(platform.connections.serves(id)).isFalse();
  }

  private static void type(OutputStream to, String line) throws IOException {
    to.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    to.flush();
  }

  @Test
  void who_asks_a_service_that_was_updated_is_sent_to_its_successor() {
    GuestService predecessor = platform.guests();
    platform.update();
    assertThatThrownBy(() -> predecessor.ping("web", operation()))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UPDATING));
    assertThat(platform.guests().ping("web", operation())).isPositive();
  }

  @Test
  void a_connection_that_broke_is_made_again() {
    platform.guests().ping("web", operation());
    processes.get(0).destroyForcibly();
    Operation.background()
        .within(Duration.ofSeconds(30))
        .await(
            () -> {
              try {
                platform.guests().ping("web", operation());
                return processes.size() == 2;
              } catch (BangerException e) {
                return false; // the question that met the break
              }
            },
            Duration.ofMillis(5));
  }

  @Test
  void a_tree_goes_in_and_comes_out() throws IOException {
    assumeTrue(
        Files.isExecutable(BUSYBOX), BUSYBOX + " is missing (BANGER_TEST_BUSYBOX names another)");
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(archive)) {
      TarArchiveEntry entry = new TarArchiveEntry("sub/file");
      entry.setSize(5);
      tar.putArchiveEntry(entry);
      tar.write("hello".getBytes(StandardCharsets.UTF_8));
      tar.closeArchiveEntry();
    }
    Path target = directory.resolve("target");
    platform
        .guests()
        .put(
            "web", target.toString(), new ByteArrayInputStream(archive.toByteArray()), operation());
    assertThat(target.resolve("sub/file")).hasContent("hello");

    ByteArrayOutputStream back = new ByteArrayOutputStream();
    platform.guests().get("web", List.of(target.resolve("sub").toString()), back, operation());
    List<String> names = new ArrayList<>();
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new ByteArrayInputStream(back.toByteArray()))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        names.add(entry.getName());
      }
    }
    assertThat(names).contains("sub/file");
    assertThatThrownBy(
            () ->
                platform
                    .guests()
                    .get(
                        "web",
                        List.of("/no/such/path"),
                        OutputStream.nullOutputStream(),
                        operation()))
        .isInstanceOf(BangerException.class);
  }

  @Test
  void it_tells_the_statistics_of_its_machine() throws IOException {
    Duration before = uptime();
    GuestStatistics statistics = platform.guests().statistics("web", operation());
    // The agent and this host round to different parts of a second.
    assertThat(statistics.uptime()).isBetween(before.minusSeconds(1), uptime().plusSeconds(1));
    assertThat(statistics.memoryTotalBytes()).isEqualTo(memoryTotalBytes());
    assertThat(statistics.memoryAvailableBytes()).isBetween(0L, statistics.memoryTotalBytes());
    assertThat(statistics.load()).isBetween(0.0, 10_000.0);
    assertThat(statistics.processes()).isPositive();
    assertThat(statistics.idleTime()).isBetween(Duration.ZERO, statistics.processorTime());
    assertThat(statistics.fileSystems())
        .singleElement()
        .satisfies(
            root -> {
              assertThat(root.path()).isEqualTo("/");
              assertThat(root.totalBytes())
                  .isEqualTo(Files.getFileStore(Path.of("/")).getTotalSpace());
            });
  }

  @Test
  void what_cannot_be_grown_is_refused_with_the_reason() {
    assertThatThrownBy(() -> platform.guests().grow("web", "relative", operation()))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST));
    assertThatThrownBy(() -> platform.guests().grow("web", "/", operation()))
        .hasMessage("this agent does not run in a guest");
  }

  private static Duration uptime() throws IOException {
    double seconds =
        Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ", -1)[0]);
    return Duration.ofMillis((long) (seconds * 1000));
  }

  private static long memoryTotalBytes() throws IOException {
    String first = Files.readAllLines(Path.of("/proc/meminfo")).get(0);
    return Long.parseLong(first.replaceAll("[^0-9]", "")) * 1024;
  }

  private int exec(Streams streams, String... argv) {
    return platform.guests().exec("web", ExecRequest.of(List.of(argv)), streams, operation());
  }

  private static Operation operation() {
    return Operation.background().within(Duration.ofSeconds(30));
  }

  @Test
  void a_command_in_the_background_does_not_count_as_use_of_the_machine() {
    String id = platform.machines().find("web").id();

    assertThat(usedDuring(id, true)).isFalse();
    assertThat(usedDuring(id, false)).isTrue();
  }

  private boolean usedDuring(String id, boolean background) {
    Streams streams = new Streams(new byte[0]);
    AtomicReference<Boolean> used = new AtomicReference<>();
    streams.onOutput = () -> used.set(platform.connections.serves(id));
    ExecRequest request =
        new ExecRequest(List.of("echo", "here"), Map.of(), "/", null, null, background);
    assertThat(platform.guests().exec("web", request, streams, operation())).isZero();
    return used.get();
  }

  private static final class Streams implements ExecStreams {
    final ByteArrayOutputStream out = new ByteArrayOutputStream();
    final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final InputStream in;
    Runnable onOutput = () -> {};

    Streams(byte[] input) {
      this(new ByteArrayInputStream(input));
    }

    Streams(InputStream in) {
      this.in = in;
    }

    @Override
    public InputStream stdin() {
      return in;
    }

    @Override
    public OutputStream stdout() {
      return new OutputStream() {
        @Override
        public void write(int value) {
          out.write(value);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
          out.write(bytes, offset, length);
          onOutput.run();
        }
      };
    }

    @Override
    public OutputStream stderr() {
      return err;
    }
  }
}
