// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.fail;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.shell.output.Output;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

class ContributedCommandsTest {
  private final CommandLab lab = new CommandLab();

  @Command(name = "hello", description = "Say hello.", subcommands = Hello.Twice.class)
  static final class Hello implements Callable<Integer> {
    private final Console console;

    @Option(names = "--to")
    private String to = "world";

    Hello(Console console) {
      this.console = console;
    }

    @Override
    public Integer call() {
      if (to.equals("nobody")) {
        throw new BangerException(ErrorCode.NOT_FOUND, "nobody is here");
      }
      if (to.equals("null")) {
        throw new IllegalStateException("a bug");
      }
      new Output(console, null).line("hello " + to);
      return 3;
    }

    @Command(name = "twice", description = "Say it twice.")
    static final class Twice implements Callable<Integer> {
      @Override
      public Integer call() {
        return 2;
      }
    }
  }

  private static CommandContributor hello() {
    return new CommandContributor() {
      @Override
      public String name() {
        return "hello";
      }

      @Override
      public Object command(Console console) {
        return new Hello(console);
      }
    };
  }

  @Test
  void a_contributed_command_is_offered_like_our_own() {
    lab.contributors.add(hello());
    assertThat(lab.run("hello", "--to", "you")).isEqualTo(3);
    assertThat(lab.out()).isEqualTo("hello you\n");
    assertThat(lab.run("hello", "twice")).isEqualTo(2);
    lab.console = new FakeConsole();
    lab.run("--help");
    assertThat(lab.out()).containsPattern("\n  hello +Say hello.\n");
    assertThat(CommandNames.subcommands(hello())).containsExactly("twice");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hello twice", "hello --help", "help hello", "--help", "__complete 0 he"})
  void the_command_of_a_plugin_that_starts_after_the_daemon_is_waited_for(String line) {
    lab.plugins.arrival = () -> lab.contributors.add(hello());
    assertThat(lab.run(line.split(" "))).isEqualTo(line.equals("hello twice") ? 2 : 0);
    assertThat(lab.out()).contains(line.equals("hello twice") ? "" : "hello");
  }

  @Test
  void a_command_of_nobody_is_unknown_and_none_of_ours_waits_for_plugins() {
    assertThat(lab.run("hello")).isEqualTo(2);
    assertThat(lab.err()).contains("there is no command 'hello'");
    lab.plugins.arrival = () -> fail("waited for");
    assertThat(lab.run("vm", "list")).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"vm", "hello"})
  void what_is_asked_of_commands_that_were_updated_is_asked_of_their_successors(String command)
      throws Exception {
    RunningCommands running = new RunningCommands(() -> {});
    ContributedCommands commands = new ContributedCommands(lab.services(), running);
    CountDownLatch begun = new CountDownLatch(1);
    FutureTask<Integer> call =
        new FutureTask<>(
            () -> {
              begun.countDown();
              return commands.run(List.of("vm", "list"), lab.console);
            });
    new Thread(call, "call").start();
    begun.await();
    commands.withdraw();
    assertUpdating(catchThrowable(call::get).getCause());
    assertUpdating(catchThrowable(() -> commands.run(List.of(command), lab.console)));
  }

  private static void assertUpdating(Throwable outcome) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UPDATING));
  }

  @Test
  void its_errors_pass_through_and_its_bugs_become_errors() {
    lab.contributors.add(hello());
    assertThatThrownBy(() -> lab.run("hello", "--to", "nobody")).hasMessage("nobody is here");
    assertThatThrownBy(() -> lab.run("hello", "--to", "null"))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("'banger hello' failed")
        .hasMessageContaining("a bug");
  }

  @Test
  void a_contributor_that_describes_no_command_harms_only_itself() {
    lab.contributors.add(
        new CommandContributor() {
          @Override
          public String name() {
            return "broken";
          }

          @Override
          public Object command(Console console) {
            return new Object();
          }
        });
    assertThatThrownBy(() -> lab.run("broken")).hasMessageContaining("contributes 'broken'");
    assertThat(lab.run("--help")).isZero();
    assertThat(lab.run("vm", "list", "-q")).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vm run",
        "vm create",
        "vm start",
        "vm stop",
        "vm restart",
        "vm kill",
        "vm delete",
        "vm list",
        "vm show",
        "vm ssh",
        "vm exec",
        "vm logs",
        "vm ports",
        "vm ports add",
        "vm ports remove",
        "ps",
        "image list",
        "image show",
        "kernel",
        "kernel list",
        "kernel show",
        "kernel pull",
        "kernel import",
        "kernel build",
        "kernel make-bundle",
        "kernel delete",
        "image pull",
        "image delete",
        "image catalog",
        "doctor",
        "daemon status",
        "daemon start",
        "daemon stop",
        "shell",
        "version",
        "completion",
        "vm",
        "image",
        "daemon"
      })
  void every_command_has_help_on_standard_output(String command) {
    String[] words = (command + " --help").split(" ");
    assertThat(lab.run(words)).isZero();
    assertThat(lab.out()).startsWith("Usage: banger " + command).contains("--help");
    assertThat(lab.out().lines()).allSatisfy(line -> assertThat(line).doesNotContain("\u001b"));
    assertThat(lab.err()).isEmpty();
    String shown = lab.out();
    lab.console = new FakeConsole();
    lab.run(("help " + command).split(" "));
    assertThat(lab.out()).isEqualTo(shown);
    assertThat(lab.daemonCalls).isEmpty();
  }

  @Test
  void no_words_show_the_overview_and_version_is_one_line() {
    assertThat(lab.run()).isZero();
    assertThat(lab.out()).startsWith("Usage: banger <command>");
    lab.console = new FakeConsole();
    assertThat(lab.run("--version")).isZero();
    assertThat(lab.out()).isEqualTo("banger 0.1.0\n");
  }

  @Test
  void daemon_status_and_stop() {
    lab.run("daemon", "status", "--json");
    assertThat(TestJson.tree(lab.out()).get("pid").asLong()).isEqualTo(4711);
    assertThat(TestJson.tree(lab.out()).get("running").asBoolean()).isTrue();
    lab.run("daemon", "stop");
    assertThat(lab.daemonCalls).containsExactly("stop");
  }

  @Test
  void a_command_whose_service_is_away_is_waited_for_and_then_unavailable() {
    lab.contributors.clear();
    lab.console.operation.cancel("not in this test");
    assertThatThrownBy(() -> lab.run("vm", "list"))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.CANCELLED);
    lab.console = new FakeConsole();
    assertThat(lab.run("nope")).isEqualTo(2);
  }
}
