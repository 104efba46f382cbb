// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

/** How a machine reaches the network. */
public enum NetworkMode {
  /**
   * The VMM's own user-space network: no privilege on the host; guests reach out, the host reaches
   * in through loopback ports.
   */
  USER
}
