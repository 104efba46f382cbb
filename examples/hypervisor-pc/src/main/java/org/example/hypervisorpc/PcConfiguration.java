// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.hypervisorpc;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** How PCs are run. */
@ObjectClassDefinition(name = "Machines that are PCs")
@interface PcConfiguration {
  @AttributeDefinition(description = "QEMU: a name to look for on the PATH, or a whole path")
  String program() default "qemu-system-x86_64";

  @AttributeDefinition(
      description = "What executes guests: tcg everywhere, kvm where guests really run under it",
      options = {@Option("tcg"), @Option("kvm")})
  String accelerator() default "tcg";
}
