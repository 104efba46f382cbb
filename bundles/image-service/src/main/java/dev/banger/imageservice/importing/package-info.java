// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/**
 * Images of what lies on this host: container images saved by other tools, tars of root file
 * systems, file systems and disks. {@link dev.banger.imageservice.importing.ImageImporter} is the
 * way in. Whatever is imported is hostile: its names never become paths of this host.
 */
package dev.banger.imageservice.importing;
