// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.plugin.PluginSelfCheck;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContributionsTest {
  @Test
  void a_program_may_lend_the_api_to_the_framework(@TempDir Path directory) throws Exception {
    try (FrameworkLab lab = FrameworkLab.in(directory)) {
      lab.context().registerService(PluginSelfCheck.class, service(PluginSelfCheck.class), null);
      lab.context().registerService(Runnable.class, () -> {}, null);
      assertThat(new Contributions(lab.context()).of(lab.context().getBundle()))
          .containsExactly("self-check");
    }
  }

  private static <T> T service(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> null));
  }
}
