// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.eventlistener;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Which command is run for which events. */
@ObjectClassDefinition(name = "Command for events")
@interface CommandConfiguration {
  @AttributeDefinition(
      description =
          "Program and arguments, as one item each; kind, VM's name and VM's id follow. Not a shell's words.")
  String[] command();

  @AttributeDefinition(description = "The kinds of events that it is run for; none: all.")
  String[] kinds() default {};

  @AttributeDefinition(
      min = "1",
      max = "3600",
      description = "After how many seconds it is ended; 1 to 3600.")
  int timeoutSeconds() default 10;
}
