// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/** The bundles that banger consists of, and those that others add to it. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.plugin;
