// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/** Releases of banger, and how an installation comes from one to another. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.release;
