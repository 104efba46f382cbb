// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.sample;

import dev.banger.capability.Capability;
import java.util.concurrent.CountDownLatch;

/** A capability that does not tell its name before it is interrupted, and then not either. */
public final class HangingCapability implements Capability {
  @Override
  public String capability() {
    try {
      new CountDownLatch(1).await();
      return "never";
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }
}
