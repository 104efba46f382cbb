// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.host;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.host.Daemon;
import dev.banger.shell.SteadyServices;
import dev.banger.shell.output.Details;
import dev.banger.shell.output.Output;
import dev.banger.wire.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Contributes {@code version}. */
@Component
public final class VersionContributor implements CommandContributor {
  private final Daemon daemon;
  private final Json json;

  @Activate
  public VersionContributor(@Reference Daemon daemon, @Reference SteadyServices services) {
    this.daemon = daemon;
    this.json = services.json();
  }

  @Override
  public String name() {
    return "version";
  }

  @Override
  public Object command(Console console) {
    return new VersionCommand(daemon, new Output(console, json));
  }

  @Command(
      name = "version",
      sortOptions = false,
      description = "Show the versions of the daemon and of what it runs on.")
  static final class VersionCommand implements Callable<Integer> {
    private final Daemon daemon;
    private final Output output;

    @Option(names = "--short", description = "Print one line, as 'banger --version' does.")
    private boolean brief;

    @Option(names = "--json", description = "Print the versions as JSON.")
    private boolean asJson;

    VersionCommand(Daemon daemon, Output output) {
      this.daemon = daemon;
      this.output = output;
    }

    @Override
    public Integer call() {
      String version = daemon.status().version();
      if (brief) {
        output.line("banger " + version);
        return 0;
      }
      Map<String, String> versions = new LinkedHashMap<>();
      versions.put("banger", version);
      versions.put("java", System.getProperty("java.runtime.version"));
      versions.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
      versions.put("architecture", System.getProperty("os.arch"));
      if (asJson) {
        output.json(versions);
      } else {
        Details details = new Details();
        versions.forEach(details::add);
        output.print(details.text());
      }
      return 0;
    }
  }
}
