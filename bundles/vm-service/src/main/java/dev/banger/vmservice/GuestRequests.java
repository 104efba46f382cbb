// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecRequest;
import dev.banger.guest.GuestConfig;
import dev.banger.guest.GuestFile;
import dev.banger.guest.Listener;
import dev.banger.guest.TerminalSize;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Payloads of requests to an agent, and what its answers mean. Bad input is refused here. */
final class GuestRequests {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int ENTROPY_BYTES = 64;
  private static final Pattern PROTOCOL = Pattern.compile("(tcp|udp)6?");

  private GuestRequests() {}

  static byte[] exec(ExecRequest request) {
    if (request.argv().isEmpty() || request.argv().get(0).isEmpty()) {
      throw bad("a command is required");
    }
    AgentFields fields = new AgentFields();
    for (String argument : request.argv()) {
      fields.add(AgentProtocol.FIELD_ARGUMENT, checked("an argument", argument));
    }
    request
        .environment()
        .forEach(
            (name, value) -> {
              if (name.isEmpty() || name.contains("=")) {
                throw bad("\"" + name + "\" is no name of an environment variable");
              }
              fields.add(
                  AgentProtocol.FIELD_ENVIRONMENT,
                  checked("an environment variable", name + "=" + value));
            });
    if (request.directory() != null) {
      fields.add(AgentProtocol.FIELD_DIRECTORY, absolute(request.directory()));
    }
    if (request.user() != null) {
      fields.add(AgentProtocol.FIELD_USER, checked("the user", request.user()));
    }
    if (request.terminal() != null) {
      fields.add(AgentProtocol.FIELD_TERMINAL, size(request.terminal()));
    }
    return bounded(fields.payload(), "the command with its environment");
  }

  static byte[] paths(List<String> paths) {
    if (paths.isEmpty()) {
      throw bad("a path is required");
    }
    AgentFields fields = new AgentFields();
    paths.forEach(path -> fields.add(AgentProtocol.FIELD_PATH, absolute(path)));
    return bounded(fields.payload(), "the list of paths");
  }

  /** One request or more: as many as the files need. */
  static List<byte[]> configure(GuestConfig config) {
    AgentFields first = new AgentFields();
    first.add(AgentProtocol.FIELD_HOSTNAME, config.hostname());
    first.add(AgentProtocol.FIELD_ADDRESS, config.address());
    first.add(AgentProtocol.FIELD_GATEWAY, config.gateway());
    config.nameservers().forEach(address -> first.add(AgentProtocol.FIELD_NAMESERVER, address));
    first.add(AgentProtocol.FIELD_MAC, config.macAddress());
    byte[] entropy = new byte[ENTROPY_BYTES];
    RANDOM.nextBytes(entropy);
    first.add(AgentProtocol.FIELD_ENTROPY, entropy);
    Instant now = Instant.now();
    long nanos =
        Math.addExact(Math.multiplyExact(now.getEpochSecond(), 1_000_000_000L), now.getNano());
    first.add(AgentProtocol.FIELD_CLOCK, ByteBuffer.allocate(Long.BYTES).putLong(nanos).array());
    List<byte[]> requests = new ArrayList<>();
    requests.add(bounded(first.payload(), "the guest's identity"));
    for (GuestFile file : config.files()) {
      requests.add(
          bounded(
              new AgentFields().add(AgentProtocol.FIELD_FILE, file(file)).payload(),
              "the file " + file.path()));
    }
    return requests;
  }

  /**
   * The size that GROW is answered with.
   *
   * @throws BangerException OPERATION_FAILED when there is none
   */
  static long size(byte[] payload) {
    return AgentFields.parse(payload, 0).stream()
        .filter(field -> field.tag() == AgentProtocol.FIELD_SIZE)
        .filter(field -> field.value().length == Long.BYTES)
        .mapToLong(field -> ByteBuffer.wrap(field.value()).getLong())
        .filter(size -> size > 0)
        .findFirst()
        .orElseThrow(
            () ->
                new BangerException(
                    ErrorCode.OPERATION_FAILED, "the guest's agent told no size of the disk"));
  }

  /** The listeners of a guest's answer; what makes no sense is left out. */
  static List<Listener> listeners(byte[] payload) {
    return AgentFields.parse(payload, 0).stream()
        .filter(field -> field.tag() == AgentProtocol.FIELD_LISTENER)
        .flatMap(field -> listener(field.text()).stream())
        .toList();
  }

  private static Optional<Listener> listener(String text) {
    String[] words = text.split(" ", -1);
    if (words.length != 3
        || !PROTOCOL.matcher(words[0]).matches()
        || !words[2].matches("[0-9]{1,5}")) {
      return Optional.empty();
    }
    int port = Integer.parseInt(words[2]);
    return port < 1 || port > 65_535
        ? Optional.empty()
        : Optional.of(new Listener(words[0], words[1], port));
  }

  private static byte[] file(GuestFile file) {
    byte[] path = absolute(file.path()).getBytes(StandardCharsets.UTF_8);
    if (path.length > 4095) {
      throw bad("the path of a guest's file is longer than 4095 bytes");
    }
    return ByteBuffer.allocate(Integer.BYTES + Short.BYTES + path.length + file.content().length)
        .putInt(file.mode() & 07777)
        .putShort((short) path.length)
        .put(path)
        .put(file.content())
        .array();
  }

  private static byte[] size(TerminalSize size) {
    if (size.rows() < 1 || size.rows() > 65_535 || size.columns() < 1 || size.columns() > 65_535) {
      throw bad("a terminal has 1 to 65535 rows and columns");
    }
    return ByteBuffer.allocate(2 * Short.BYTES)
        .putShort((short) size.rows())
        .putShort((short) size.columns())
        .array();
  }

  private static String absolute(String path) {
    if (!path.startsWith("/")) {
      throw bad("\"" + path + "\" is no absolute path of the guest");
    }
    return checked("a path", path);
  }

  private static String checked(String what, String value) {
    if (value.indexOf('\0') >= 0) {
      throw bad(what + " holds a NUL character");
    }
    return value;
  }

  private static byte[] bounded(byte[] payload, String what) {
    if (payload.length > AgentProtocol.LARGEST_PAYLOAD) {
      throw bad(what + " is longer than 256 KiB");
    }
    return payload;
  }

  private static BangerException bad(String message) {
    return new BangerException(ErrorCode.BAD_REQUEST, message);
  }
}
