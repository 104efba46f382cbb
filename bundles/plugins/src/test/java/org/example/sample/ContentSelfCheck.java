// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.sample;

import dev.banger.operation.Operation;
import dev.banger.plugin.PluginSelfCheck;

/** A plugin that finds itself in order. */
public final class ContentSelfCheck implements PluginSelfCheck {
  @Override
  public void check(Operation operation) {
    operation.check();
  }
}
