// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugin;

/** How a bundle is doing. */
public enum PluginState {
  /** It runs, and all its components have what they need. */
  ACTIVE,
  /** It runs, but a component of it lacks something. */
  WAITING,
  /** It runs, but a component of it could not be activated. */
  FAILED,
  /** What it requires is not there, so that it cannot run. */
  UNRESOLVED,
  /** It could run and does not: it was stopped, or its start failed. */
  STOPPED
}
