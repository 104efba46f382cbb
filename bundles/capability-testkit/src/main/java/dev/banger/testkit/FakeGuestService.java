// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecRequest;
import dev.banger.guest.ExecStreams;
import dev.banger.guest.GuestConfig;
import dev.banger.guest.GuestService;
import dev.banger.guest.GuestStatistics;
import dev.banger.guest.Listener;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Guests that are not there: those that a test has booted. Each has files, which {@code tee PATH},
 * {@code cat PATH} and {@code rm -f PATH} write, print and remove; a test says how other commands
 * end. A guest is found by the id and by the name of its machine. Safe for use by many threads, as
 * the real one is. What a fake cannot do well throws UnsupportedOperationException.
 */
public final class FakeGuestService implements GuestService {
  private static final Duration PAUSE = Duration.ofMillis(5);

  private final Map<String, Guest> guests = new TreeMap<>();
  private final List<Command> commands = new ArrayList<>();
  private final Set<String> asked = new LinkedHashSet<>();
  private Function<Command, Optional<Answer>> answer = command -> Optional.empty();
  private boolean hanging;

  /**
   * A command that was run.
   *
   * @param vm the machine, as the caller named it
   * @param argv program and arguments
   * @param input what it read
   */
  public record Command(String vm, List<String> argv, String input) {}

  /**
   * How a command ends.
   *
   * @param status its exit status
   * @param output what it writes
   * @param errors what it writes as errors
   */
  public record Answer(int status, String output, String errors) {
    /** It ends well. */
    public static Answer output(String text) {
      return new Answer(0, text, "");
    }

    /** It fails with status 1. */
    public static Answer failure(String errors) {
      return new Answer(1, "", errors);
    }
  }

  private record Guest(Vm vm, Map<String, String> files) {}

  /** A machine's guest answers from now on; with no file. */
  public synchronized FakeGuestService boot(Vm vm) {
    guests.put(vm.id(), new Guest(vm, new TreeMap<>()));
    return this;
  }

  /** A machine's guest is gone, with its files: calls for it fail with NOT_RUNNING. */
  public synchronized FakeGuestService end(Vm vm) {
    guests.remove(vm.id());
    return this;
  }

  /**
   * How commands end, from now on.
   *
   * @param how gives nothing for a command that ends as it would without it: tee, cat and rm as
   *     above, any other well and in silence
   */
  public synchronized FakeGuestService answering(Function<Command, Optional<Answer>> how) {
    answer = how;
    return this;
  }

  /** Calls wait until their operation ends, from now on. */
  public synchronized FakeGuestService hang() {
    hanging = true;
    return this;
  }

  /** Calls no longer wait. */
  public synchronized FakeGuestService resume() {
    hanging = false;
    return this;
  }

  /** The files of a machine's guest, text by path; none when it does not run. */
  public synchronized Map<String, String> files(Vm vm) {
    return guests.containsKey(vm.id()) ? Map.copyOf(guests.get(vm.id()).files()) : Map.of();
  }

  /** What was run so far, in all guests. */
  public synchronized List<Command> commands() {
    return List.copyOf(commands);
  }

  /**
   * The ids of the machines that anything was asked of so far; of one that does not run, its
   * reference.
   */
  public synchronized Set<String> asked() {
    return Set.copyOf(asked);
  }

  @Override
  public Duration ping(String reference, Operation operation) {
    enter(reference, operation);
    return Duration.ofMillis(1);
  }

  @Override
  public String bootId(String reference, Operation operation) {
    Guest guest = enter(reference, operation);
    return "00000000-0000-4000-8000-" + guest.vm().id();
  }

  @Override
  public int exec(String reference, ExecRequest request, ExecStreams streams, Operation operation) {
    Guest guest = enter(reference, operation);
    try {
      String input = new String(streams.stdin().readAllBytes(), StandardCharsets.UTF_8);
      Answer given = run(guest, new Command(reference, request.argv(), input));
      streams.stdout().write(given.output().getBytes(StandardCharsets.UTF_8));
      streams.stderr().write(given.errors().getBytes(StandardCharsets.UTF_8));
      return given.status();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private synchronized Answer run(Guest guest, Command command) {
    commands.add(command);
    return answer.apply(command).orElseGet(() -> byItself(guest.files(), command));
  }

  private static Answer byItself(Map<String, String> files, Command command) {
    List<String> argv = command.argv();
    if (argv.size() == 2 && argv.get(0).equals("tee")) {
      files.put(argv.get(1), command.input());
      return Answer.output(command.input());
    }
    if (argv.size() == 2 && argv.get(0).equals("cat")) {
      String text = files.get(argv.get(1));
      return text == null
          ? Answer.failure("cat: " + argv.get(1) + ": No such file or directory")
          : Answer.output(text);
    }
    if (argv.size() == 3 && argv.subList(0, 2).equals(List.of("rm", "-f"))) {
      files.remove(argv.get(2));
    }
    return Answer.output("");
  }

  @Override
  public void put(String reference, String directory, InputStream tar, Operation operation) {
    throw new UnsupportedOperationException("put");
  }

  @Override
  public void get(String reference, List<String> paths, OutputStream tar, Operation operation) {
    throw new UnsupportedOperationException("get");
  }

  @Override
  public List<Listener> listeners(String reference, Operation operation) {
    enter(reference, operation);
    return List.of();
  }

  /** The files that it names are written. */
  @Override
  public void configure(String reference, GuestConfig config, Operation operation) {
    Guest guest = enter(reference, operation);
    synchronized (this) {
      config
          .files()
          .forEach(
              file ->
                  guest
                      .files()
                      .put(file.path(), new String(file.content(), StandardCharsets.UTF_8)));
    }
  }

  @Override
  public long grow(String reference, String path, Operation operation) {
    throw new UnsupportedOperationException("grow");
  }

  @Override
  public GuestStatistics statistics(String reference, Operation operation) {
    throw new UnsupportedOperationException("statistics");
  }

  @Override
  public void awaitSsh(String reference, Operation operation) {
    enter(reference, operation);
  }

  @Override
  public List<String> sshCommand(String reference, List<String> arguments) {
    throw new UnsupportedOperationException("sshCommand");
  }

  private Guest enter(String reference, Operation operation) {
    Guest guest;
    synchronized (this) {
      guest =
          guests.values().stream()
              .filter(each -> isNamed(each.vm(), reference))
              .findFirst()
              .orElse(null);
      asked.add(guest == null ? reference : guest.vm().id());
    }
    operation.check();
    operation.await(() -> !hangs(), PAUSE);
    if (guest == null) {
      throw new BangerException(
          ErrorCode.NOT_RUNNING, "vm \"%s\" is not running".formatted(reference));
    }
    return guest;
  }

  private static boolean isNamed(Vm vm, String reference) {
    return vm.id().equals(reference) || vm.name().equals(reference);
  }

  private synchronized boolean hangs() {
    return hanging;
  }
}
