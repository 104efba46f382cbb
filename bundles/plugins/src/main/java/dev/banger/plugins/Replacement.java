// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.io.IOException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

/** One way to bring a new version of a bundle in, which can be taken back. */
interface Replacement {
  /**
   * Lets the new one work.
   *
   * @return the bundle that is the new version
   */
  Bundle bringIn() throws BundleException, IOException;

  /**
   * Makes it last: the next daemon starts with it. What throws has changed nothing; afterwards
   * nothing can be taken back.
   *
   * @return what stays of the previous version although the new one is at work; null is nothing
   */
  String settle() throws IOException;

  /**
   * Lets the previous one work again.
   *
   * @return the bundle that is the previous version
   */
  Bundle takeBack() throws BundleException, IOException;
}
