// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Configuration of machines, PID {@code dev.banger.vm}. */
@ObjectClassDefinition(
    id = VmConfiguration.PID,
    name = "banger: machines",
    description = "Defaults and bounds of new machines")
@interface VmConfiguration {
  /** The PID. */
  String PID = "dev.banger.vm";

  @AttributeDefinition(
      description = "Virtual CPUs of a new machine. 0: a quarter of the host's, 1 to 4")
  int vcpus() default 0;

  @AttributeDefinition(
      description =
          "Memory of a new machine in MiB. 0: an eighth of the host's memory, 512 to 8192 MiB")
  long memoryMib() default 0;

  @AttributeDefinition(description = "Root disk of a new machine in bytes. 0: 8 GiB")
  long diskBytes() default 0;

  @AttributeDefinition(
      description = "The hypervisor of new machines. Empty: the usable one of highest ranking")
  String hypervisor() default "";

  @AttributeDefinition(description = "How many seconds a guest may take until its agent answers")
  int startTimeoutSeconds() default 120;

  @AttributeDefinition(description = "First of the loopback ports that lead to the guests' ssh")
  int sshPortFirst() default 20_000;

  @AttributeDefinition(description = "Last of the loopback ports that lead to the guests' ssh")
  int sshPortLast() default 29_999;

  @AttributeDefinition(description = "Bound of a machine's console log in bytes")
  long consoleLimitBytes() default 8L * 1024 * 1024;

  @AttributeDefinition(
      description = "Free space in MiB below which no machine is created or started")
  long minimumFreeMib() default 256;
}
