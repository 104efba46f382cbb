// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.plugin.PluginUpdate;
import dev.banger.plugin.PluginUpdate.State;

/** How an update that was given up is told. */
final class UpdateWords {
  private UpdateWords() {}

  static String failure(PluginUpdate update) {
    String back =
        update.state() == State.REVERTED
            ? update.from() + " is at work again"
            : "'banger plugin why " + update.name() + "' tells how it is";
    return update.name() + " " + update.to() + " was given up: " + update.reason() + "; " + back;
  }

  /** An update that is done, although its predecessor did not go. */
  static String remainder(PluginUpdate update) {
    return update.name() + " " + update.to() + " is at work, but " + update.reason();
  }
}
