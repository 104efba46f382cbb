// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/**
 * The hypervisor SPI: one {@link dev.banger.hypervisor.Hypervisor} service a virtual machine
 * monitor.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.hypervisor;
