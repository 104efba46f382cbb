// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.operation.Operation;
import dev.banger.plugin.Plugin;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginService;
import dev.banger.plugin.PluginState;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Whether every bundle of banger, and every one that was added, does what it is there for. */
@Component
public final class PluginChecks implements DoctorCheck {
  private static final String CHECK = "plugins";

  private final PluginService plugins;

  @Activate
  public PluginChecks(@Reference PluginService plugins) {
    this.plugins = plugins;
  }

  @Override
  public List<Finding> examine(Operation operation) {
    List<Plugin> all = plugins.list(true);
    List<Finding> findings = new ArrayList<>();
    for (Plugin each : all) {
      if (each.state() != PluginState.ACTIVE) {
        plugins.why(each.name()).forEach(problem -> findings.add(finding(each, problem)));
      }
      if (each.reverted() != null) {
        findings.add(
            Finding.warn(
                CHECK,
                each.name()
                    + " "
                    + each.version()
                    + " is at work: a newer one was given up, "
                    + each.reverted(),
                "install one that works: 'banger plugin update " + each.name() + " <source>'"));
      }
    }
    plugins.refusedJars().stream()
        .map(
            each ->
                Finding.warn(
                    CHECK,
                    each.message(),
                    "put a whole one in the place of " + each.subject() + ", or remove it"))
        .forEach(findings::add);
    return findings.isEmpty()
        ? List.of(Finding.pass(CHECK, "all " + all.size() + " bundles are active"))
        : findings;
  }

  private static Finding finding(Plugin plugin, PluginProblem problem) {
    String detail = plugin.name() + ": " + problem.message();
    String remedy =
        "'banger plugin why " + plugin.name() + "' tells all; the daemon's log may tell more";
    return plugin.own() ? Finding.fail(CHECK, detail, remedy) : Finding.warn(CHECK, detail, remedy);
  }
}
