// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/**
 * What a request carries through every call that can block: its id, cancellation, deadline and
 * progress; and the requests that the daemon serves, to be begun, watched and cancelled.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.operation;
