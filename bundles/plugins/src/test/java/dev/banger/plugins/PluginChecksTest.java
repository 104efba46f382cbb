// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.doctor.Finding;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginProblem.Kind;
import dev.banger.plugin.PluginService;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PluginChecksTest {
  private final List<PluginProblem> refused = new ArrayList<>();

  private List<Finding> findings() {
    PluginService plugins =
        (PluginService)
            Proxy.newProxyInstance(
                PluginService.class.getClassLoader(),
                new Class<?>[] {PluginService.class},
                (proxy, method, arguments) ->
                    method.getName().equals("refusedJars") ? refused : List.of());
    return new PluginChecks(plugins).examine(Operation.background());
  }

  @Test
  void a_damaged_jar_has_a_row_that_says_what_to_do() {
    assertThat(findings()).extracting(Finding::status).containsExactly(Finding.Status.PASS);
    refused.add(new PluginProblem(Kind.FILE, "mine.jar", "/b/mine.jar is no bundle: half of it"));
    assertThat(findings())
        .singleElement()
        .matches(each -> each.status() == Finding.Status.WARN)
        .matches(each -> each.detail().equals("/b/mine.jar is no bundle: half of it"))
        .matches(each -> each.remedy().contains("in the place of mine.jar, or remove it"));
  }
}
