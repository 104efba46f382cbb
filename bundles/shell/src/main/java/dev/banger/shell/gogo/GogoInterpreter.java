// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.gogo;

import dev.banger.command.Console;
import dev.banger.shell.RedirectedConsole;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.apache.felix.service.command.Process;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Interprets lines with Gogo, where there is one. */
@Component
public final class GogoInterpreter implements LineInterpreter {
  private final CommandProcessor processor;
  private final SessionConsoles consoles;

  @Activate
  public GogoInterpreter(
      @Reference CommandProcessor processor, @Reference SessionConsoles consoles) {
    this.processor = processor;
    this.consoles = consoles;
  }

  @Override
  public Session open(Console console) {
    PrintStream out = new PrintStream(console.stdout(), true, StandardCharsets.UTF_8);
    PrintStream err = new PrintStream(console.stderr(), true, StandardCharsets.UTF_8);
    CommandSession session = processor.createSession(console.stdin(), out, err);
    session.put("SCOPE", "banger:*");
    consoles.put(session, () -> inPipeline(console));
    return new GogoSession(session, out);
  }

  // Within 'vm list | grep web', standard output is the pipe and no terminal.
  private static Console inPipeline(Console console) {
    Process process = Process.Utils.current();
    return process == null
        ? console
        : new RedirectedConsole(
            console,
            process.isTty(0) ? null : process.in(),
            process.isTty(1) ? null : process.out(),
            process.isTty(2) ? null : process.err());
  }

  private final class GogoSession implements Session {
    private final CommandSession session;
    private final PrintStream out;

    GogoSession(CommandSession session, PrintStream out) {
      this.session = session;
      this.out = out;
    }

    @Override
    public void execute(String line) throws Exception {
      Object result = session.execute(line);
      if (result != null) {
        out.println(session.format(result, Converter.INSPECT));
      }
      out.flush();
    }

    @Override
    public List<String> commands() {
      if (!(session.get(".commands") instanceof Collection<?> names)) {
        return List.of();
      }
      List<String> scoped = names.stream().map(Object::toString).toList();
      // 'vm:list' is not proposed as 'list': everything has a list.
      return scoped.stream()
          .flatMap(
              name ->
                  scoped.contains("banger:" + scope(name))
                      ? Stream.of(name)
                      : Stream.of(name, name.substring(name.indexOf(':') + 1)))
          .distinct()
          .toList();
    }

    private static String scope(String name) {
      return name.substring(0, Math.max(0, name.indexOf(':')));
    }

    @Override
    public void close() {
      consoles.remove(session);
      session.close();
    }
  }
}
