// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/** What the tests of a plugin work with: machines and services that are not real. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.testkit;
