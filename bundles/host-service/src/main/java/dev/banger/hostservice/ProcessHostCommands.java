// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.host.HostProcess;
import dev.banger.operation.Operation;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Host commands as children of the daemon. Those of an earlier daemon that was killed are ended
 * before the first is run.
 */
@Component
public final class ProcessHostCommands implements HostCommands {
  static final int STDOUT_LIMIT = 1 << 20;

  /** Where mkfs and the like are, which the PATH of a person often lacks. */
  private static final List<String> SYSTEM_DIRECTORIES = List.of("/usr/sbin", "/sbin");

  private final Set<String> searchPath;
  private final String mark;

  @Activate
  public ProcessHostCommands(@Reference BangerDirectories directories) {
    this(System.getenv("PATH"), new Orphans(directories.state()));
  }

  ProcessHostCommands(String path, Orphans orphans) {
    orphans.end();
    mark = orphans.mark();
    searchPath = new LinkedHashSet<>();
    for (String directory : (path == null ? "/usr/bin:/bin" : path).split(File.pathSeparator, -1)) {
      // A relative entry would run whatever lies in the working directory.
      if (directory.startsWith("/")) {
        searchPath.add(directory);
      }
    }
    searchPath.addAll(SYSTEM_DIRECTORIES);
  }

  @Override
  public Optional<Path> find(String program) {
    try {
      if (program.contains("/")) {
        return Optional.of(Path.of(program)).filter(ProcessHostCommands::isProgram);
      }
      return searchPath.stream()
          .map(directory -> Path.of(directory, program))
          .filter(ProcessHostCommands::isProgram)
          .findFirst();
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static boolean isProgram(Path path) {
    return Files.isRegularFile(path) && Files.isExecutable(path);
  }

  @Override
  public CommandResult run(HostCommand command, Operation operation) {
    try (ChildProcess child = launch(command, line -> {}, operation)) {
      return child.captureAndAwait(STDOUT_LIMIT, operation);
    }
  }

  @Override
  public HostProcess start(HostCommand command, Consumer<String> errors, Operation operation) {
    return launch(command, errors, operation);
  }

  private ChildProcess launch(HostCommand command, Consumer<String> errors, Operation operation) {
    operation.check();
    String program = command.argv().get(0);
    Path executable =
        find(program)
            .orElseThrow(
                () ->
                    new BangerException(
                        ErrorCode.HOST_UNFIT,
                        "the program " + program + " is not here; see 'banger doctor'"));
    List<String> argv = new ArrayList<>(command.argv());
    argv.set(0, executable.toString());
    ProcessBuilder builder = new ProcessBuilder(argv);
    builder.redirectInput(new File("/dev/null"));
    if (command.directory() != null) {
      builder.directory(command.directory().toFile());
    }
    Map<String, String> environment = builder.environment();
    environment.put("PATH", String.join(File.pathSeparator, searchPath));
    // So that what the program says can be read by this one.
    environment.put("LC_ALL", "C.UTF-8");
    environment.put(Orphans.VARIABLE, mark);
    environment.putAll(command.environment());
    try {
      return new ChildProcess(program, builder.start(), errors, operation);
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.HOST_UNFIT, "cannot run " + program + ": " + e.getMessage(), e);
    }
  }
}
