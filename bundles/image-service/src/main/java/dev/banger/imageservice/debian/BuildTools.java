// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What compiling Linux needs of this host (Documentation/process/changes.rst of Linux). */
final class BuildTools {
  private static final Map<String, String> PROGRAMS = new LinkedHashMap<>();
  private static final Map<String, String> HEADERS = new LinkedHashMap<>();

  static {
    PROGRAMS.put("gcc", "gcc");
    PROGRAMS.put("ld", "binutils");
    PROGRAMS.put("make", "make");
    PROGRAMS.put("flex", "flex");
    PROGRAMS.put("bison", "bison");
    PROGRAMS.put("bc", "bc");
    PROGRAMS.put("perl", "perl");
    PROGRAMS.put("tar", "tar");
    PROGRAMS.put("xz", "xz-utils");
    HEADERS.put("stdlib.h", "libc6-dev");
    HEADERS.put("libelf.h", "libelf-dev");
    HEADERS.put("openssl/ssl.h", "libssl-dev");
  }

  private final DebianHost host;
  private final Path include;

  BuildTools(DebianHost host) {
    this(host, Path.of("/usr/include"));
  }

  BuildTools(DebianHost host, Path include) {
    this.host = host;
    this.include = include;
  }

  /** The packages that are missing. */
  List<String> missing() {
    List<String> packages = new ArrayList<>();
    PROGRAMS.forEach((program, in) -> addUnless(host.has(program), in, packages));
    HEADERS.forEach((header, in) -> addUnless(Files.exists(include.resolve(header)), in, packages));
    return packages;
  }

  private static void addUnless(boolean there, String packageName, List<String> packages) {
    if (!there) {
      packages.add(packageName);
    }
  }

  /**
   * Returns when Linux can be compiled.
   *
   * @throws BangerException HOST_UNFIT, which names all that is missing
   */
  void require() {
    List<String> packages = missing();
    if (!packages.isEmpty()) {
      throw new BangerException(
          ErrorCode.HOST_UNFIT,
          "compiling a kernel needs packages that are not installed; as root: apt-get install "
              + String.join(" ", packages));
    }
  }
}
