// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.capability;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * Says which machines a capability concerns; its hooks are called for those alone, and only their
 * records name it. Without it a capability concerns every machine. When a running machine comes to
 * be concerned by a change of its record the capability is applied late, and cleaned up when it no
 * longer is.
 *
 * <p>The value is the service property {@value #PROPERTY}: a filter as OSGi defines it (Core
 * Release 8, section 3.2.7) over these properties of a record, whose names are case-sensitive:
 *
 * <ul>
 *   <li>{@code name}, {@code image}, {@code hypervisor}: as {@code vm show} has them
 *   <li>{@code vcpus}, {@code memoryMib}, {@code diskBytes}, {@code workDiskBytes}: numbers
 *   <li>{@code ports}: the published ports of the host, absent without any
 *   <li>{@code label.<key>}: each label
 * </ul>
 *
 * <p>A capability whose filter is none is refused.
 */
@ComponentPropertyType
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface CapabilityTarget {
  /** The service property. */
  String PROPERTY = "banger.capability.target";

  /** What bnd puts before the name of the property. */
  String PREFIX_ = "banger.";

  /** The filter. */
  String value();
}
