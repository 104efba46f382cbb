// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.gogo;

import dev.banger.command.CommandContributor;
import dev.banger.command.CommandService;
import java.lang.reflect.Proxy;
import java.util.Dictionary;
import java.util.List;
import org.apache.felix.gogo.runtime.CommandProcessorImpl;
import org.apache.felix.gogo.runtime.threadio.ThreadIOImpl;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/** A real Gogo whose commands come and go with the services that are registered. */
public final class GogoLab implements AutoCloseable {
  private final ThreadIOImpl threads = new ThreadIOImpl();
  private final CommandProcessorImpl processor;
  private final SessionConsoles consoles = new SessionConsoles();
  public final GogoCommands commands;

  public GogoLab(CommandService service, List<CommandContributor> contributors) {
    threads.start();
    processor = new CommandProcessorImpl(threads);
    commands = new GogoCommands(bundle(), service, consoles);
    contributors.forEach(commands::add);
  }

  public LineInterpreter interpreter() {
    return new GogoInterpreter(processor, consoles);
  }

  CommandProcessorImpl processor() {
    return processor;
  }

  private BundleContext bundle() {
    return (BundleContext)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {BundleContext.class},
            (proxy, method, arguments) -> {
              if (!method.getName().equals("registerService")) {
                throw new UnsupportedOperationException(method.toString());
              }
              return register(arguments[1], (Dictionary<?, ?>) arguments[2]);
            });
  }

  private Object register(Object service, Dictionary<?, ?> properties) {
    String scope = (String) properties.get("osgi.command.scope");
    for (String function : (String[]) properties.get("osgi.command.function")) {
      processor.addCommand(scope, service, function);
    }
    return Proxy.newProxyInstance(
        getClass().getClassLoader(),
        new Class<?>[] {ServiceRegistration.class},
        (proxy, method, arguments) -> {
          for (String function : (String[]) properties.get("osgi.command.function")) {
            processor.removeCommand(scope, function);
          }
          return null;
        });
  }

  @Override
  public void close() {
    processor.stop();
    threads.stop();
  }
}
