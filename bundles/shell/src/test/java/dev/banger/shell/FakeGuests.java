// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.guest.ExecRequest;
import dev.banger.guest.ExecStreams;
import dev.banger.guest.GuestConfig;
import dev.banger.guest.GuestService;
import dev.banger.guest.Listener;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Guests whose commands write "out" and "err" and echo their input. */
public final class FakeGuests implements GuestService {
  public final List<ExecRequest> requests = new ArrayList<>();
  public int status;
  public RuntimeException failure;
  public Runnable meanwhile = () -> {};
  public Runnable beforeReading = () -> {};
  public String read;

  @Override
  public int exec(String reference, ExecRequest request, ExecStreams streams, Operation operation) {
    requests.add(request);
    meanwhile.run();
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
    return Duration.ofMillis(1);
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
