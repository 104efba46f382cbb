// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/** What happened to machines, kept in order. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.event;
