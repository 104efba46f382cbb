// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.operation;

import dev.banger.operation.OperationService;
import dev.banger.shell.grammar.CommandGroup;
import dev.banger.shell.output.Output;
import java.time.InstantSource;
import picocli.CommandLine.Command;

@Command(
    name = "operation",
    description = {
      "Look at, cancel and wait for what the daemon does in the background.",
      "An operation is named by its id, which 'banger vm create --background' prints."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger vm create --name web --background",
      "  banger operation list",
      "  banger operation wait op-3f9c2a7d11"
    })
final class OperationCommandGroup extends CommandGroup {
  OperationCommandGroup(OperationService operations, Output output) {
    OperationIds ids = new OperationIds(operations, output);
    add("list", () -> new ListCommand(ids, output, InstantSource.system()), "ls");
    add("show", () -> new ShowCommand(operations, ids, output));
    add("cancel", () -> new CancelCommand(operations, ids, output));
    add("wait", () -> new WaitCommand(operations, ids, output));
  }
}
