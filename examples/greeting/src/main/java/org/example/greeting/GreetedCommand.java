// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.greeting;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import picocli.CommandLine.Command;

/** The command {@code banger greeted}: which machines greet. */
@Component
public final class GreetedCommand implements CommandContributor {
  private final VmService machines;

  @Activate
  public GreetedCommand(@Reference VmService machines) {
    this.machines = machines;
  }

  @Override
  public String name() {
    return "greeted";
  }

  @Override
  public Object command(Console console) {
    return new Greeted(machines, console);
  }

  @Command(name = "greeted", description = "List the VMs that greet whoever logs in.")
  static final class Greeted implements Callable<Integer> {
    private final VmService machines;
    private final Console console;

    Greeted(VmService machines, Console console) {
      this.machines = machines;
      this.console = console;
    }

    @Override
    public Integer call() throws IOException {
      OutputStream out = console.stdout();
      for (Vm vm : machines.list()) {
        if (vm.capabilities().contains(GreetingCapability.NAME)) {
          out.write((vm.name() + "\n").getBytes(StandardCharsets.UTF_8));
        }
      }
      out.flush();
      return 0;
    }
  }
}
