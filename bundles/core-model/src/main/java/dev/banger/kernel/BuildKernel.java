// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.kernel;

import java.nio.file.Path;

/**
 * A request to compile a kernel.
 *
 * @param name what it shall be called
 * @param suite the Debian suite whose Linux is compiled, such as {@code bookworm}
 * @param configuration absolute path of a fragment of a kernel configuration that is applied after
 *     this program's own, or null
 * @param jobs how many compilers run at a time, 1 to 256; null for one a processor
 * @param replace whether a present kernel of that name is replaced; null means no
 */
public record BuildKernel(
    String name, String suite, Path configuration, Integer jobs, Boolean replace) {
  public BuildKernel {
    replace = replace != null && replace;
  }
}
