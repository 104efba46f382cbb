// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/** The host: banger's directories and the commands it runs there. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.host;
