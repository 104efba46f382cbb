// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.health;

import dev.banger.doctor.DoctorCheck;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.felix.hc.api.HealthCheck;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * Offers each check of doctor as a Health Check, named for its component and with the tag {@code
 * banger}.
 */
@Component(
    immediate = true,
    service = {})
public final class DoctorHealth {
  static final String TAG = "banger";
  private static final String COMPONENT = "component.name";

  private final BundleContext context;
  private final Map<ServiceReference<DoctorCheck>, ServiceRegistration<?>> offered =
      new ConcurrentHashMap<>();

  @Activate
  public DoctorHealth(BundleContext context) {
    this.context = context;
  }

  @Reference(
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      target = Origin.OF_OTHERS)
  void bind(ServiceReference<DoctorCheck> reference, DoctorCheck check) {
    Dictionary<String, Object> properties = new Hashtable<>();
    properties.put(HealthCheck.NAME, name(reference, check));
    properties.put(HealthCheck.TAGS, new String[] {TAG});
    properties.put(Origin.PROPERTY, "translated");
    offered.put(
        reference,
        context.registerService(HealthCheck.class, new FindingsCheck(check), properties));
  }

  void unbind(ServiceReference<DoctorCheck> reference) {
    ServiceRegistration<?> registration = offered.remove(reference);
    if (registration != null) {
      registration.unregister();
    }
  }

  private static String name(ServiceReference<DoctorCheck> reference, DoctorCheck check) {
    Object component = reference.getProperty(COMPONENT);
    String name = component == null ? check.getClass().getName() : component.toString();
    return TAG + " " + name.substring(name.lastIndexOf('.') + 1);
  }

  @Deactivate
  void withdraw() {
    offered.keySet().forEach(this::unbind);
  }
}
