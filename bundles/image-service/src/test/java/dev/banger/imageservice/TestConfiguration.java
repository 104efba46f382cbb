// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import java.lang.reflect.Proxy;

/** The configuration of a person who configured nothing. */
public final class TestConfiguration {
  private TestConfiguration() {}

  public static ImageSettings settings() {
    return new ImageSettings(defaults());
  }

  public static ImageConfiguration defaults() {
    return (ImageConfiguration)
        Proxy.newProxyInstance(
            TestConfiguration.class.getClassLoader(),
            new Class<?>[] {ImageConfiguration.class},
            (proxy, method, arguments) -> method.getDefaultValue());
  }
}
