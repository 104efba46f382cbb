// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The modules of a kernel below a directory, as "make modules_install" lays them out. Symbolic
 * links in it are not followed.
 */
final class ModuleTree {
  /** Lists what the kernel has built in, a file's name a line (Documentation/kbuild/kbuild.rst). */
  private static final String BUILT_IN = "modules.builtin";

  private static final int MAX_LIST = 4 << 20;
  private static final int MAX_FILES = 100_000;

  private final Map<String, Path> files = new HashMap<>();
  private final Set<String> builtIn = new HashSet<>();
  private boolean knowsBuiltIn;

  private ModuleTree() {}

  /** A kernel that has no modules, of which nothing is known. */
  static ModuleTree none() {
    return new ModuleTree();
  }

  /**
   * Looks through a directory.
   *
   * @throws BangerException BAD_REQUEST when it holds neither modules nor their list
   */
  static ModuleTree of(Path root, Operation operation) throws IOException {
    if (!Files.isDirectory(root)) {
      throw new BangerException(ErrorCode.BAD_REQUEST, root + " is not a directory of modules");
    }
    List<Path> found = walk(root, operation);
    // As depmod has it, what was added later wins over the kernel's own.
    found.sort(
        Comparator.<Path, Boolean>comparing(file -> root.relativize(file).startsWith("kernel"))
            .thenComparing(Comparator.naturalOrder()));
    ModuleTree tree = new ModuleTree();
    for (Path file : found) {
      tree.add(file);
    }
    if (tree.files.isEmpty() && !tree.knowsBuiltIn) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, root + " holds neither modules nor " + BUILT_IN);
    }
    return tree;
  }

  private static List<Path> walk(Path root, Operation operation) throws IOException {
    List<Path> found = new ArrayList<>();
    Files.walkFileTree(
        root.toRealPath(),
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            operation.check();
            String name = file.getFileName().toString();
            if (attributes.isRegularFile()
                && (name.equals(BUILT_IN) || ModuleFile.of(name).isPresent())) {
              found.add(file);
            }
            if (found.size() > MAX_FILES) {
              throw new IOException(root + " holds more modules than any kernel has");
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return found;
  }

  private void add(Path file) throws IOException {
    String name = file.getFileName().toString();
    if (!name.equals(BUILT_IN)) {
      String module = ModuleFile.of(name).orElseThrow().module();
      files.putIfAbsent(KernelModule.canonical(module), file);
      return;
    }
    if (Files.size(file) > MAX_LIST) {
      throw new IOException(file + " is too long");
    }
    knowsBuiltIn = true;
    for (String line : Files.readAllLines(file)) {
      String fileName = line.substring(line.lastIndexOf('/') + 1);
      ModuleFile.of(fileName)
          .ifPresent(module -> builtIn.add(KernelModule.canonical(module.module())));
    }
  }

  /**
   * Returns when the kernel has all of these, built in or as modules. A tree that does not list
   * what is built in tells nothing.
   *
   * @throws BangerException BAD_REQUEST
   */
  void require(List<String> names) {
    List<String> missing =
        names.stream()
            .filter(name -> knowsBuiltIn && !builtIn.contains(name) && !files.containsKey(name))
            .toList();
    if (!missing.isEmpty()) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "machines could not use this kernel: it has "
              + String.join(", ", missing)
              + " neither built in nor as modules");
    }
  }

  /**
   * Puts the wanted modules and what they need, unpacked, into a directory.
   *
   * @param release of the kernel that they must be made for
   * @return the names of their files, in the order in which they are loaded
   * @throws BangerException BAD_REQUEST when one is made for another kernel
   * @throws IOException when one cannot be read
   */
  List<String> extract(List<String> wanted, String release, Path into, Operation operation)
      throws IOException {
    Map<String, KernelModule> available = new HashMap<>();
    Map<String, byte[]> contents = new HashMap<>();
    Deque<String> left = new ArrayDeque<>(wanted.stream().map(KernelModule::canonical).toList());
    while (!left.isEmpty()) {
      operation.check();
      String name = left.remove();
      Path file = files.get(name);
      if (file == null || builtIn.contains(name) || available.containsKey(name)) {
        continue;
      }
      byte[] content = read(file);
      KernelModule module = KernelModule.read(name, content);
      requireMadeFor(release, file, content);
      available.put(name, new KernelModule(name, module.needs()));
      contents.put(name, content);
      left.addAll(module.needs());
    }
    List<String> names = new ArrayList<>();
    for (String name : LoadOrder.of(wanted, available)) {
      PrivateFiles.write(into.resolve(name + ".ko"), contents.get(name));
      names.add(name + ".ko");
    }
    return names;
  }

  private static byte[] read(Path file) throws IOException {
    if (Files.size(file) > ModuleFile.MAX_SIZE) {
      throw new IOException(file + " is too large");
    }
    try {
      return ModuleFile.of(file.getFileName().toString())
          .orElseThrow()
          .unpack(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  private static void requireMadeFor(String release, Path file, byte[] content) throws IOException {
    String made = KernelModule.release(content).orElse(release);
    if (!made.equals(release)) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "%s is made for Linux %s, but the kernel is %s".formatted(file, made, release));
    }
  }
}
