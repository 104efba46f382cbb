// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/** Virtual machines: their records and the service that owns their lifecycle. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.vm;
