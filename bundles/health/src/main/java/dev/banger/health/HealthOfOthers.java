// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.health;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.operation.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.felix.hc.api.HealthCheck;
import org.apache.felix.hc.api.Result;
import org.apache.felix.hc.api.ResultLog;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * The Health Checks of others as rows of doctor. None of them keeps machines from running, so that
 * the worst row is a warning.
 */
@Component(property = Origin.MARK)
public final class HealthOfOthers implements DoctorCheck {
  private final Map<ServiceReference<HealthCheck>, HealthCheck> checks = new ConcurrentHashMap<>();

  @Reference(
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      target = Origin.OF_OTHERS)
  void bind(ServiceReference<HealthCheck> reference, HealthCheck check) {
    checks.put(reference, check);
  }

  void unbind(ServiceReference<HealthCheck> reference) {
    checks.remove(reference);
  }

  @Override
  public List<Finding> examine(Operation operation) {
    List<Finding> findings = new ArrayList<>();
    checks.forEach(
        (reference, check) -> {
          operation.check();
          findings.add(finding(name(reference, check), check));
        });
    return findings;
  }

  private static String name(ServiceReference<HealthCheck> reference, HealthCheck check) {
    Object name = reference.getProperty(HealthCheck.NAME);
    return "health " + (name == null ? check.getClass().getName() : name);
  }

  private static Finding finding(String name, HealthCheck check) {
    Result result;
    try {
      result = check.execute();
    } catch (RuntimeException e) {
      return Finding.warn(name, "it fails: " + e, "see who offers this Health Check");
    }
    return result.isOk()
        ? Finding.pass(name, words(result))
        : Finding.warn(
            name, result.getStatus() + ": " + words(result), "see who offers this Health Check");
  }

  private static String words(Result result) {
    String words =
        StreamSupport.stream(result.spliterator(), false)
            .filter(each -> !each.isDebug())
            .map(ResultLog.Entry::getMessage)
            .collect(Collectors.joining("; "));
    return words.isEmpty() ? result.getStatus().toString() : words;
  }
}
