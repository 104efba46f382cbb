// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/** Checks of the host, each with its remedy. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.doctor;
