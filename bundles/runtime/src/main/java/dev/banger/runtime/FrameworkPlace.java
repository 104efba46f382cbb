// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import java.util.Collection;
import java.util.Hashtable;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/**
 * Places where a version of this bundle leaves something for the next one. Each is a service of the
 * framework itself, since those of a bundle end with it; what is left there must consist of classes
 * that every version has in common.
 */
final class FrameworkPlace {
  private static final String NAME = "banger.place";

  private FrameworkPlace() {}

  /** The place of that name in this framework, the same for every version. */
  static <T> AtomicReference<T> named(String name, BundleContext context) {
    BundleContext framework = context.getBundle(0).getBundleContext();
    return FrameworkPlace.<T>find(framework, name).orElseGet(() -> register(framework, name));
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static <T> Optional<AtomicReference<T>> find(BundleContext framework, String name) {
    try {
      Collection<ServiceReference<AtomicReference>> places =
          framework.getServiceReferences(AtomicReference.class, "(" + NAME + "=*)");
      return places.stream()
          .filter(each -> name.equals(each.getProperty(NAME)))
          .findFirst()
          .map(each -> (AtomicReference<T>) framework.getService(each));
    } catch (InvalidSyntaxException e) {
      throw new IllegalStateException(e); // a constant
    }
  }

  private static <T> AtomicReference<T> register(BundleContext framework, String name) {
    AtomicReference<T> place = new AtomicReference<>();
    framework.registerService(AtomicReference.class, place, new Hashtable<>(Map.of(NAME, name)));
    return place;
  }
}
