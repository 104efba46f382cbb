// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/** Kernels: what machines boot, and the service that makes and keeps them. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.kernel;
