// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/**
 * Commands: contributed by any bundle, offered in bash, in the Gogo shell and over the daemon's
 * socket.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.command;
