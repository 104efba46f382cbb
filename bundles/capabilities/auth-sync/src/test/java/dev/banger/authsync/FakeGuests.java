// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

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
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Guests that remember what the script was given for which part. */
final class FakeGuests implements GuestService {
  final Map<String, String> given = new TreeMap<>();
  final List<String> calls = new CopyOnWriteArrayList<>();
  int status;
  String says = "";
  ErrorCode failure;
  FakeRelay relay;

  @Override
  public int exec(String reference, ExecRequest request, ExecStreams streams, Operation operation) {
    operation.check();
    if (failure != null) {
      throw new BangerException(failure, "it fails");
    }
    if (request.argv().contains("--relay-ssh-agent")) {
      return relay.run(streams, operation);
    }
    String part = request.argv().get(request.argv().size() - 1);
    calls.add(part);
    try {
      streams.stderr().write(says.getBytes(StandardCharsets.UTF_8));
      String text = new String(streams.stdin().readAllBytes(), StandardCharsets.UTF_8);
      if (status == 0 && part.equals("all")) {
        given.clear();
      } else if (status == 0) {
        given.put(part, text);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return status;
  }

  @Override
  public Duration ping(String reference, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public String bootId(String reference, Operation operation) {
    throw new UnsupportedOperationException();
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
    throw new UnsupportedOperationException();
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
    throw new UnsupportedOperationException();
  }

  @Override
  public List<String> sshCommand(String reference, List<String> arguments) {
    throw new UnsupportedOperationException();
  }
}
