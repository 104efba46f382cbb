// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.osgi.framework.Constants;

/**
 * The order in which hooks are called: highest {@code service.ranking} first, then oldest first.
 */
final class ServiceOrder {
  private ServiceOrder() {}

  static <T> List<T> ranked(List<Map.Entry<Map<String, Object>, T>> services) {
    return services.stream()
        .sorted(
            Comparator.comparingInt(
                    (Map.Entry<Map<String, Object>, T> service) -> -ranking(service.getKey()))
                .thenComparingLong(service -> id(service.getKey())))
        .map(Map.Entry::getValue)
        .toList();
  }

  static int ranking(Map<String, Object> properties) {
    return properties.get(Constants.SERVICE_RANKING) instanceof Integer ranking ? ranking : 0;
  }

  private static long id(Map<String, Object> properties) {
    return properties.get(Constants.SERVICE_ID) instanceof Long id ? id : 0;
  }
}
