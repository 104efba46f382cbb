// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecRequest;
import dev.banger.guest.ExecStreams;
import dev.banger.guest.GuestConfig;
import dev.banger.guest.GuestService;
import dev.banger.guest.GuestStatistics;
import dev.banger.guest.Listener;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Guests whose commands write "out" and "err" and echo their input. */
public final class FakeGuests implements GuestService {
  public final List<ExecRequest> requests = new ArrayList<>();
  public final List<String> pings = Collections.synchronizedList(new ArrayList<>());
  public final Set<String> silent = ConcurrentHashMap.newKeySet();
  public final Set<String> late = ConcurrentHashMap.newKeySet();
  public int status;
  public RuntimeException failure;
  public Runnable meanwhile = () -> {};

  /** What a command does, which its operation may end. */
  public Consumer<Operation> running = operation -> {};

  public Runnable beforeReading = () -> {};
  public String read;

  @Override
  public int exec(String reference, ExecRequest request, ExecStreams streams, Operation operation) {
    requests.add(request);
    meanwhile.run();
    running.accept(operation);
    operation.check();
    if (failure != null) {
      throw failure;
    }
    beforeReading.run();
    try {
      read = new String(streams.stdin().readAllBytes(), StandardCharsets.UTF_8);
      streams.stdout().write("out\n".getBytes(StandardCharsets.UTF_8));
      streams.stderr().write("err\n".getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return status;
  }

  @Override
  public Duration ping(String reference, Operation operation) {
    pings.add(reference);
    operation.check();
    if (late.contains(reference)) {
      boolean bounded = operation.remaining().isPresent();
      throw new BangerException(
          bounded ? ErrorCode.DEADLINE_EXCEEDED : ErrorCode.CORRUPT, "waited for without a limit");
    }
    if (silent.contains(reference)) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, "the guest does not answer");
    }
    return Duration.ofNanos(1_834_000);
  }

  @Override
  public String bootId(String reference, Operation operation) {
    return "boot";
  }

  @Override
  public void put(String reference, String directory, InputStream tar, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void get(String reference, List<String> paths, OutputStream tar, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<Listener> listeners(String reference, Operation operation) {
    return List.of(
        new Listener("tcp", "0.0.0.0", 80),
        new Listener("tcp", "0.0.0.0", 22),
        new Listener("tcp", "0.0.0.0", 80));
  }

  @Override
  public void configure(String reference, GuestConfig config, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long grow(String reference, String path, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public GuestStatistics statistics(String reference, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void awaitSsh(String reference, Operation operation) {
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public List<String> sshCommand(String reference, List<String> arguments) {
    List<String> argv = new ArrayList<>(List.of("ssh", "root@" + reference));
    argv.addAll(arguments);
    return argv;
  }
}
