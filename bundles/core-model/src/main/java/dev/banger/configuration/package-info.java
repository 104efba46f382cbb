// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/**
 * The keys by which a person configures banger: what they are, what is in force, and since when.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.configuration;
