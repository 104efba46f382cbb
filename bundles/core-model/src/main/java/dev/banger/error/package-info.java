// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/** The one error type and its stable codes. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.error;
