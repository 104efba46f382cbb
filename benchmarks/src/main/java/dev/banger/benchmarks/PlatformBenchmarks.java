// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** What it costs to be a platform: plugins that come, go and are many, parts that are replaced. */
final class PlatformBenchmarks {
  private static final Path GREETING = Path.of(System.getProperty("banger.greeting"));

  private final Home home;
  private final Path scratch;

  /**
   * @param home of a distribution that may be changed
   * @param scratch a directory for other things
   */
  PlatformBenchmarks(Home home, Path scratch) {
    this.home = home;
    this.scratch = scratch;
  }

  void run() throws IOException, InterruptedException {
    new ManyPlugins(home).run();
    TinyImage.into(home, scratch.resolve("tiny"));
    home.banger("vm", "create", "--image", TinyImage.NAME, "--memory", "128M", "--name", "web");
    new DropIn(home, GREETING).run();
    new UpdateGap(home).run();
    leaks();
    home.banger("vm", "delete", "web");
  }

  private void leaks() throws IOException, InterruptedException {
    UpdateLeak leak = new UpdateLeak(home);
    Path fresh = Files.copy(GREETING, home.bundles().resolve("greeting.jar.new"));
    Files.move(fresh, home.bundles().resolve("greeting.jar"), StandardCopyOption.ATOMIC_MOVE);
    home.awaitPlugin("greeting");
    leak.run("greeting");
    leak.run("port-forward");
    leak.run("shell");
  }
}
