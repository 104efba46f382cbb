// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.operation.Operation;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How this host's apt reaches archives: proxies, time-outs, certificates. Nothing else of the
 * host's configuration is for us: its hooks would run, its pins and its trust would count.
 *
 * @param lines settings in apt.conf's form
 */
record HostAptSettings(List<String> lines) {
  private static final Pattern TRANSPORT =
      Pattern.compile(
          "Acquire::(http|https|Retries|ForceIPv4|ForceIPv6|Check-Valid-Until|Check-Date"
              + "|Max-FutureTime|By-Hash|Queue-Mode)(::[^ ]+)? \".*\";",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern PROXY =
      Pattern.compile("Acquire::(http|https)::Proxy \"(.*)\";", Pattern.CASE_INSENSITIVE);

  HostAptSettings {
    lines = List.copyOf(lines);
  }

  static HostAptSettings read(HostCommands commands, Operation operation) {
    CommandResult dump =
        commands.run(
            new HostCommand(List.of("apt-config", "dump"), Map.of("LC_ALL", "C"), null), operation);
    if (!dump.succeeded()) {
      throw new BangerException(
          ErrorCode.HOST_UNFIT,
          "apt's configuration on this host is damaged: "
              + dump.stderr().strip()
              + "; mend it until \"apt-config dump\" succeeds");
    }
    return new HostAptSettings(
        dump.stdout().lines().filter(line -> TRANSPORT.matcher(line).matches()).toList());
  }

  /** The settings without the proxies for all hosts, which may hold a password. */
  List<String> publicLines() {
    return lines.stream().filter(line -> !PROXY.matcher(line).matches()).toList();
  }

  /** The proxies for all hosts, as the environment variables that apt obeys. */
  Map<String, String> proxyEnvironment() {
    Map<String, String> environment = new HashMap<>();
    for (String line : lines) {
      Matcher proxy = PROXY.matcher(line);
      // "DIRECT" is no proxy at all and has no form as an environment variable.
      if (proxy.matches() && !proxy.group(2).isEmpty() && !proxy.group(2).equals("DIRECT")) {
        environment.put(proxy.group(1).toLowerCase(Locale.ROOT) + "_proxy", proxy.group(2));
      }
    }
    return environment;
  }
}
