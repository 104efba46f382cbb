// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.gogo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.shell.CommandLab;
import dev.banger.shell.FakeConsole;
import dev.banger.vm.VmState;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.felix.service.command.CommandSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GogoCommandsTest {
  private final CommandLab lab = new CommandLab();
  private GogoLab gogo;
  private LineInterpreter.Session session;

  @BeforeEach
  void start() {
    lab.vms.add("1111aaaa0000", "web", VmState.RUNNING);
    gogo = new GogoLab(lab.commands(), lab.contributors);
    session = gogo.interpreter().open(lab.console);
  }

  @AfterEach
  void stop() {
    session.close();
    gogo.close();
  }

  @Test
  void a_command_and_its_scoped_form_are_the_same() throws Exception {
    session.execute("vm list -q");
    session.execute("vm:list -q");
    session.execute("banger:vm ls -q");
    session.execute("vm:ls -q");
    session.execute("ps -q");
    assertThat(lab.out()).isEqualTo("1111aaaa0000\n".repeat(5));
  }

  @Test
  void words_reach_the_command_as_they_were_typed() throws Exception {
    session.execute("vm exec web -- sh -c 'echo $HOME | cat' 007 --x=1");
    assertThat(lab.guests.requests.get(0).argv())
        .containsExactly("sh", "-c", "echo $HOME | cat", "007", "--x=1");
  }

  @Test
  void errors_and_statuses_are_exceptions() {
    assertThatThrownBy(() -> session.execute("vm show nope")).isInstanceOf(BangerException.class);
    assertThatThrownBy(() -> session.execute("vm list --nope"))
        .isInstanceOfSatisfying(CommandFailed.class, e -> assertThat(e.status()).isEqualTo(2));
    assertThat(lab.err()).contains("no option '--nope'");
  }

  @Test
  void the_persons_console_reaches_the_command() throws Exception {
    session.execute("vm ssh web");
    assertThat(lab.console.locally).containsExactly(List.of("ssh", "root@1111aaaa0000"));
  }

  @Test
  void a_pipe_is_no_terminal_and_carries_the_output() throws Exception {
    LineInterpreter.Session atTerminal =
        gogo.interpreter().open(lab.console = new FakeConsole().person());
    gogo.processor().addCommand("test", new Reverse(), "reverse");
    atTerminal.execute("vm list -q | reverse");
    assertThat(lab.out().strip()).isEqualTo("0000aaaa1111");
    lab.guests.read = null;
    atTerminal.execute("vm list -q | vm exec web -t -- cat");
    assertThat(lab.guests.read).isEqualTo("1111aaaa0000\n");
    assertThat(lab.console.rawModes).isEmpty();
  }

  /** A command of somebody else. */
  public static final class Reverse {
    public String reverse() throws java.io.IOException {
      String text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8).strip();
      return new StringBuilder(text).reverse().toString();
    }
  }

  @Test
  void any_other_gogo_session_has_the_commands_on_its_own_streams() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CommandSession other = gogo.processor().createSession(InputStream.nullInputStream(), out, out);
    other.put("SCOPE", "banger:*");
    other.execute("vm:list -q");
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("1111aaaa0000\n");
    assertThatThrownBy(() -> other.execute("vm ssh web")).hasMessageContaining("no terminal");
  }

  @Test
  void in_any_other_gogo_a_pipe_is_read_and_what_a_person_types_is_left_to_the_shell()
      throws Exception {
    InputStream keyboard =
        new ByteArrayInputStream("typed ahead\n".getBytes(StandardCharsets.UTF_8));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CommandSession other = gogo.processor().createSession(keyboard, out, out);
    other.put("SCOPE", "banger:*");
    other.execute("vm:exec web -- cat");
    assertThat(lab.guests.read).isEmpty();
    assertThat(keyboard.readAllBytes()).asString().isEqualTo("typed ahead\n");
    other.execute("vm:list -q | vm:exec web -- cat");
    assertThat(lab.guests.read).isEqualTo("1111aaaa0000\n");
  }

  @Test
  void commands_come_and_go_with_their_contributors() throws Exception {
    assertThat(session.commands()).contains("vm:list", "vm", "banger:vm", "image:pull");
    gogo.commands.remove(lab.contributors.get(0));
    assertThat(session.commands()).doesNotContain("vm:list", "banger:vm").contains("image:pull");
    assertThatThrownBy(() -> session.execute("vm list")).hasMessageContaining("vm");
    gogo.commands.add(lab.contributors.get(0));
    session.execute("vm list -q");
    assertThat(lab.out()).isEqualTo("1111aaaa0000\n");
    gogo.commands.deactivate();
    assertThat(session.commands()).doesNotContain("image:pull");
  }
}
