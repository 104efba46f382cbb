// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Configuration of machines, PID {@code dev.banger.vm}. */
@ObjectClassDefinition(
    id = VmConfiguration.PID,
    name = "banger: machines",
    description =
        "Defaults and bounds of machines. The sizes, the hypervisor and the ports count for machines created after a change, all else for the next start")
@interface VmConfiguration {
  /** The PID. */
  String PID = "dev.banger.vm";

  @AttributeDefinition(
      description =
          "Virtual CPUs of a new machine, at most 255. 0: a quarter of the host's, 1 to 4",
      min = "0",
      max = "255")
  int vcpus() default 0;

  @AttributeDefinition(
      description =
          "Memory of a new machine in MiB, 64 to what the host has. 0: an eighth of the host's"
              + " memory, 512 to 8192 MiB",
      min = "0")
  long memoryMib() default 0;

  @AttributeDefinition(
      description = "Root disk of a new machine in bytes, 1 MiB to 64 TiB. 0: 8 GiB",
      min = "0",
      max = "70368744177664")
  long diskBytes() default 0;

  @AttributeDefinition(
      description =
          "Work disk of a new machine in bytes, 1 MiB to 64 TiB, if its image has a work seed."
              + " -1: 8 GiB; 0: none",
      min = "-1",
      max = "70368744177664")
  long workDiskBytes() default -1;

  @AttributeDefinition(
      description = "The hypervisor of new machines. Empty: the usable one of highest ranking")
  String hypervisor() default "";

  @AttributeDefinition(
      description = "How many seconds a guest may take until its agent answers, 1 to 3600",
      min = "1",
      max = "3600")
  int startTimeoutSeconds() default 120;

  @AttributeDefinition(
      description =
          "How many seconds a capability may take for one of its hooks and one machine, 1 to 3600",
      min = "1",
      max = "3600")
  int capabilityTimeoutSeconds() default 60;

  @AttributeDefinition(
      description = "First of the loopback ports that lead to the guests' ssh, 1024 to 65535",
      min = "1024",
      max = "65535")
  int sshPortFirst() default 20_000;

  @AttributeDefinition(
      description =
          "Last of the loopback ports that lead to the guests' ssh, sshPortFirst to 65535",
      min = "1024",
      max = "65535")
  int sshPortLast() default 29_999;

  @AttributeDefinition(
      description = "Bound of a machine's console log in bytes, 4 KiB to 1 GiB",
      min = "4096",
      max = "1073741824")
  long consoleLimitBytes() default 8L * 1024 * 1024;

  @AttributeDefinition(
      description = "Free space in MiB below which no machine is created or started",
      min = "0")
  long minimumFreeMib() default 256;
}
