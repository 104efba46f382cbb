// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.TerminalSize;
import dev.banger.image.PullImage;
import dev.banger.plugin.PluginSource;
import dev.banger.release.ReleaseSource;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.CreateVm;
import dev.banger.vm.NetworkMode;
import dev.banger.vm.PruneVms;
import dev.banger.vm.PublishPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What the methods of the socket are called with: docs/protocol.md. */
final class Parameters {
  private static final long DEFAULT_GRACE_SECONDS = 10;
  private static final long GRACE_LIMIT_SECONDS = 3600;

  private Parameters() {}

  record None() {}

  record Reference(String reference) {
    Reference {
      require(reference, "reference");
    }
  }

  record Name(String name) {
    Name {
      require(name, "name");
    }
  }

  record Rename(String reference, String name) {
    Rename {
      require(reference, "reference");
      require(name, "name");
    }
  }

  record Begin(String method, Map<String, Object> params) {
    Begin {
      require(method, "method");
    }
  }

  record Create(
      String name,
      String image,
      Integer vcpus,
      Long memoryMib,
      Long diskBytes,
      Long workDiskBytes,
      NetworkMode network,
      Map<String, String> labels,
      Duration timeToLive,
      Duration idleStop,
      List<PublishPort> ports,
      Boolean start) {
    Create {
      labels = orEmpty(labels, "labels");
      ports = withoutNulls(ports, "ports");
    }

    CreateVm request() {
      return new CreateVm(
          name,
          image,
          vcpus,
          memoryMib,
          diskBytes,
          workDiskBytes,
          network,
          labels,
          timeToLive,
          idleStop,
          ports);
    }
  }

  record Set(
      String reference,
      Integer vcpus,
      Long memoryMib,
      Long diskBytes,
      Long workDiskBytes,
      Map<String, String> labels,
      List<String> removedLabels,
      Duration timeToLive,
      Duration idleStop,
      List<PublishPort> addedPorts,
      List<Integer> removedPorts) {
    Set {
      require(reference, "reference");
      labels = orEmpty(labels, "labels");
      removedLabels = withoutNulls(removedLabels, "removed_labels");
      addedPorts = withoutNulls(addedPorts, "added_ports");
      removedPorts = withoutNulls(removedPorts, "removed_ports");
    }

    ChangeVm change() {
      return new ChangeVm(
          vcpus,
          memoryMib,
          diskBytes,
          workDiskBytes,
          labels,
          removedLabels,
          timeToLive,
          idleStop,
          addedPorts,
          removedPorts);
    }
  }

  record Prune(Duration unused, Map<String, String> labels, Boolean dryRun) {
    Prune {
      labels = orEmpty(labels, "labels");
    }

    PruneVms selection() {
      return new PruneVms(unused, labels, Boolean.TRUE.equals(dryRun));
    }
  }

  record ImagePull(
      String source, String name, String kernel, Long sizeBytes, Boolean insecure, String sha256) {
    ImagePull {
      require(source, "source");
    }

    PullImage request() {
      return new PullImage(source, name, kernel, sizeBytes, Boolean.TRUE.equals(insecure), sha256);
    }
  }

  record MakeBundle(String reference, Path directory) {
    MakeBundle {
      require(reference, "reference");
      require(directory, "directory");
    }
  }

  record CachePrune(Long unusedSeconds, Boolean dryRun) {
    CachePrune {
      if (unusedSeconds != null && (unusedSeconds < 0 || unusedSeconds > Integer.MAX_VALUE)) {
        throw bad("unused_seconds must be 0 to " + Integer.MAX_VALUE);
      }
    }

    Duration unused() {
      return Duration.ofSeconds(unusedSeconds == null ? 0 : unusedSeconds);
    }
  }

  record KernelPull(String name, Boolean replace) {
    KernelPull {
      require(name, "name");
    }
  }

  record KernelMakeBundle(String name, Path directory) {
    KernelMakeBundle {
      require(name, "name");
      require(directory, "directory");
    }
  }

  record ConfigSet(Map<String, String> values) {
    ConfigSet {
      require(values, "values");
      values = orEmpty(values, "values");
    }
  }

  record ConfigUnset(List<String> names) {
    ConfigUnset {
      names = atLeastOne(names, "names");
    }
  }

  record PluginList(Boolean all) {}

  record PluginJar(String source, String sha256) {
    PluginJar {
      require(source, "source");
    }

    PluginSource from() {
      return new PluginSource(source, sha256);
    }
  }

  record PluginChange(String name, String source, String sha256) {
    PluginChange {
      require(name, "name");
      if (source == null && sha256 != null) {
        throw bad("field 'sha256' is about a 'source', which is missing");
      }
    }

    /** The new jar, or null for the one that lies in its place. */
    PluginSource from() {
      return source == null ? null : new PluginSource(source, sha256);
    }
  }

  record Release(String source, String sha256) {
    Release {
      require(source, "source");
    }

    ReleaseSource from() {
      return new ReleaseSource(source, sha256);
    }
  }

  record ReleaseChange(String source, String sha256, String plan, Boolean restart) {
    ReleaseChange {
      require(source, "source");
    }

    ReleaseSource from() {
      return new ReleaseSource(source, sha256);
    }
  }

  record OperationId(String opId) {
    OperationId {
      require(opId, "op_id");
    }
  }

  record Stop(String reference, Long graceSeconds) {
    Stop {
      require(reference, "reference");
      if (graceSeconds != null && (graceSeconds < 0 || graceSeconds > GRACE_LIMIT_SECONDS)) {
        throw bad("grace_seconds must be 0 to " + GRACE_LIMIT_SECONDS);
      }
    }

    Duration grace() {
      return Duration.ofSeconds(graceSeconds == null ? DEFAULT_GRACE_SECONDS : graceSeconds);
    }
  }

  record Kill(String reference, String signal) {
    Kill {
      require(reference, "reference");
      signal = signal == null ? "KILL" : signal;
    }
  }

  record Exec(
      String reference,
      List<String> argv,
      Map<String, String> environment,
      String directory,
      String user,
      TerminalSize terminal) {
    Exec {
      require(reference, "reference");
      argv = atLeastOne(argv, "argv");
      environment = orEmpty(environment, "environment");
    }
  }

  record Put(String reference, String directory) {
    Put {
      require(reference, "reference");
      require(directory, "directory");
    }
  }

  record Get(String reference, List<String> paths) {
    Get {
      require(reference, "reference");
      paths = atLeastOne(paths, "paths");
    }
  }

  record SshCommand(String reference, List<String> arguments) {
    SshCommand {
      require(reference, "reference");
      arguments = withoutNulls(arguments, "arguments");
    }
  }

  record CommandRun(
      List<String> argv,
      Map<String, String> environment,
      Path directory,
      Boolean stdinTerminal,
      Boolean stdoutTerminal,
      Boolean stderrTerminal,
      Integer rows,
      Integer columns) {
    CommandRun {
      argv = withoutNulls(argv, "argv");
      environment = orEmpty(environment, "environment");
      if (directory != null && !directory.isAbsolute()) {
        throw bad("directory must be absolute");
      }
      checkSize(rows, "rows");
      checkSize(columns, "columns");
    }
  }

  record CommandComplete(List<String> words, int index) {
    CommandComplete {
      words = withoutNulls(words, "words");
      if (index < 0 || index > words.size()) {
        throw bad("index must be 0 to the number of words");
      }
    }
  }

  private static void checkSize(Integer size, String name) {
    if (size != null && (size < 0 || size > 65_535)) {
      throw bad(name + " must be 0 to 65535");
    }
  }

  private static void require(Object value, String name) {
    if (value == null) {
      throw bad("field '" + name + "' is missing");
    }
  }

  private static List<String> atLeastOne(List<String> values, String name) {
    List<String> checked = withoutNulls(values, name);
    if (checked.isEmpty()) {
      throw bad("field '" + name + "' must have at least one element");
    }
    return checked;
  }

  private static <T> List<T> withoutNulls(List<T> values, String name) {
    if (values == null) {
      return List.of();
    }
    if (values.stream().anyMatch(value -> value == null)) {
      throw bad("field '" + name + "' must not hold null");
    }
    return List.copyOf(values);
  }

  private static Map<String, String> orEmpty(Map<String, String> values, String name) {
    if (values == null) {
      return Map.of();
    }
    if (values.containsValue(null)) {
      throw bad("field '" + name + "' must hold strings, not null");
    }
    return Map.copyOf(values);
  }

  private static BangerException bad(String message) {
    return new BangerException(ErrorCode.BAD_REQUEST, message);
  }
}
