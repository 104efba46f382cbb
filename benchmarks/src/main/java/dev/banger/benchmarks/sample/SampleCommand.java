// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks.sample;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** The command of a plugin: prints its own name. */
public final class SampleCommand implements CommandContributor {
  private final String name;

  /**
   * @param properties those of the component: its name is {@code sample}
   */
  public SampleCommand(Map<String, Object> properties) {
    this.name = properties.get("sample").toString();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Object command(Console console) {
    return new Sample(name, console);
  }

  @Command(description = "Print the name of this command.")
  static final class Sample implements Callable<Integer> {
    private final String name;
    private final Console console;

    Sample(String name, Console console) {
      this.name = name;
      this.console = console;
    }

    @Override
    public Integer call() throws IOException {
      console.stdout().write((name + "\n").getBytes(StandardCharsets.UTF_8));
      console.stdout().flush();
      return 0;
    }
  }
}
