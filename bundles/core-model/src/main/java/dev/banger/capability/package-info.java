// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/**
 * The plugin API: one interface a hook. A capability registers a service under each hook it
 * implements; {@code service.ranking} orders them.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.capability;
