// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/** The promises of a hypervisor's driver, as tests. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.testkit.hypervisor;
