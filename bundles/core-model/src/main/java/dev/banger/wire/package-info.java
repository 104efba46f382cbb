// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/**
 * The frames of the daemon's socket and of the guest agent's channel (docs/protocol.md,
 * docs/guest-agent.md).
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("0.1.0")
package dev.banger.wire;
