// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.sample;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginSelfCheck;

/** A plugin that finds itself out of order. */
public final class RefusingSelfCheck implements PluginSelfCheck {
  @Override
  public void check(Operation operation) {
    throw new BangerException(ErrorCode.OPERATION_FAILED, "the well is dry");
  }
}
