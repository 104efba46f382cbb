// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.webconsole;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.doctor.Finding;
import dev.banger.operation.Operation;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.ServiceReference;
import org.osgi.service.servlet.runtime.HttpServiceRuntime;

class ConsoleCheckTest {
  private static final String ADDRESS = "http://127.0.0.1:8187/";

  @TempDir private Path state;

  @Test
  void a_console_that_was_just_turned_on_is_waited_for() throws Exception {
    ConsoleCheck check =
        new ConsoleCheck(new OwnerAccessTest.Directories(state), Duration.ofSeconds(20));
    FutureTask<String> asked = new FutureTask<>(() -> message(check));
    Thread thread = new Thread(asked, "doctor");
    thread.start();
    while (thread.getState() != Thread.State.TIMED_WAITING && !asked.isDone()) {
      Thread.onSpinWait();
    }
    check.http = listening();
    assertThat(asked.get()).contains(ADDRESS + "system/console");
  }

  @Test
  void one_that_never_listens_is_told() {
    ConsoleCheck check = new ConsoleCheck(new OwnerAccessTest.Directories(state), Duration.ZERO);
    assertThat(message(check)).contains("listens nowhere");
  }

  private static String message(ConsoleCheck check) {
    List<Finding> findings = check.examine(Operation.background().within(Duration.ofSeconds(20)));
    return findings.get(0).toString();
  }

  @SuppressWarnings("unchecked")
  private static ServiceReference<HttpServiceRuntime> listening() {
    return (ServiceReference<HttpServiceRuntime>)
        Proxy.newProxyInstance(
            ConsoleCheckTest.class.getClassLoader(),
            new Class<?>[] {ServiceReference.class},
            (proxy, method, arguments) -> new String[] {ADDRESS});
  }
}
