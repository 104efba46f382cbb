// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/** What can be asked of a running guest through its agent. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.guest;
