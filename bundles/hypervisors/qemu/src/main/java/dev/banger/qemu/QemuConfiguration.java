// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** Configuration of the PID {@value QemuHypervisor#PID}. */
@ObjectClassDefinition(
    name = "QEMU",
    description = "How machines are run with QEMU. A change counts for machines started later")
@interface QemuConfiguration {
  /** Name of the program on the daemon's PATH, or its absolute path. */
  @AttributeDefinition(
      name = "program",
      description = "QEMU's program: a name on the daemon's PATH, or an absolute path")
  String program() default "qemu-system-x86_64";

  /** What executes guests: auto, kvm or tcg. */
  @AttributeDefinition(
      name = "accelerator",
      description =
          "What executes guests. auto: KVM when a small guest has really run under it on this"
              + " host, else TCG. kvm: KVM, untried. tcg: QEMU's translator, which needs no"
              + " hardware and is several times slower",
      options = {@Option(value = "auto"), @Option(value = "kvm"), @Option(value = "tcg")})
  String accelerator() default "auto";
}
