// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.plugin;

import dev.banger.plugin.Plugin;
import dev.banger.plugin.PluginCandidate;
import dev.banger.plugin.PluginService;
import dev.banger.plugin.PluginSource;
import dev.banger.shell.grammar.Consent;
import dev.banger.shell.output.Details;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "install",
    sortOptions = false,
    description = {
      "Add a plugin and wait until it works; one that does not is taken away again. Prints its name.",
      "It runs inside the daemon with your rights. Shows what it is and asks first at a terminal;"
          + " without one --yes is needed."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger plugin install ~/greeting-0.1.0.jar",
      "  banger plugin install mvn:org.example:greeting:0.1.0 --yes",
      "  banger plugin install https://example.org/greeting.jar --sha256 9f86d081884c7d65…"
    })
final class InstallCommand implements Callable<Integer> {
  private final PluginService plugins;
  private final Output output;

  @Parameters(
      paramLabel = "<source>",
      description = "The jar: a path, mvn:group:artifact:version or a URL with --sha256.")
  private String source;

  @Option(
      names = "--sha256",
      paramLabel = "<digest>",
      description = "The digest that the jar must have.")
  private String sha256;

  @Mixin private Consent consent;

  @Option(names = "--json", description = "Print the plugin's record as JSON.")
  private boolean json;

  InstallCommand(PluginService plugins, Output output) {
    this.plugins = plugins;
    this.output = output;
  }

  @Override
  public Integer call() {
    consent.refuseUnlessPossible("banger plugin install", output);
    PluginSource wanted = Sources.of(source, sha256, output);
    PluginCandidate candidate = examine(wanted);
    output.ask(text(candidate));
    consent.obtain("Install it?", output);
    Plugin installed = install(new PluginSource(wanted.location(), candidate.sha256()));
    if (json) {
      output.json(installed);
    } else {
      output.line(installed.name());
    }
    return 0;
  }

  private PluginCandidate examine(PluginSource wanted) {
    try (ProgressDisplay progress = output.progress()) {
      return plugins.examine(wanted, output.operation().reportingTo(progress));
    }
  }

  private Plugin install(PluginSource examined) {
    try (ProgressDisplay progress = output.progress()) {
      return plugins.install(examined, output.operation().reportingTo(progress));
    }
  }

  private static String text(PluginCandidate candidate) {
    return new Details()
        .add("name", candidate.name())
        .add("version", candidate.version())
        .add("vendor", candidate.vendor())
        .add("description", candidate.description())
        .add("sha256", candidate.sha256())
        .add("signer", PluginWords.signer(candidate.signer()))
        .text();
  }
}
