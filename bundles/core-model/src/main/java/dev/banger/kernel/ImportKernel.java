// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.kernel;

import java.nio.file.Path;

/**
 * A request to take in a kernel of this host. Either a directory or a kernel image is given.
 *
 * @param name what it shall be called
 * @param directory absolute path of a directory with {@code vmlinux}, {@code vmlinuz} or {@code
 *     bzImage} and, if it has any, its modules below {@code modules/}; or null
 * @param vmlinuz absolute path of a kernel image (bzImage or ELF), or null
 * @param modules absolute path of the modules of that image, such as {@code /lib/modules/6.1.0};
 *     null when everything is built in
 * @param release what {@code uname -r} says in a machine of it, or null: what the kernel says
 * @param acpi whether the machine gives it ACPI tables, or null: what the kernel tells
 * @param replace whether a present kernel of that name is replaced; null means no
 */
public record ImportKernel(
    String name,
    Path directory,
    Path vmlinuz,
    Path modules,
    String release,
    Boolean acpi,
    Boolean replace) {
  public ImportKernel {
    replace = replace != null && replace;
  }
}
