// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

import java.nio.file.Path;

/**
 * A machine's files on the host; all lie in its directory and vanish with it.
 *
 * @param directory the machine's own directory
 * @param rootDisk the overlay on the image's root file system
 * @param configurationDisk the read-only disk that carries the machine's identity into the guest
 * @param consoleLog what the guest wrote to its serial console
 * @param handles what is needed to find the running VMM again
 * @param workDisk the disk that holds root's home; null without one
 */
public record VmFiles(
    Path directory,
    Path rootDisk,
    Path configurationDisk,
    Path consoleLog,
    Path handles,
    Path workDisk) {}
