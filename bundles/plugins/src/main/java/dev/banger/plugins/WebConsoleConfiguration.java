// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Whether the web console runs, and where. */
@ObjectClassDefinition(
    name = "Web console",
    description =
        "The Felix Web Console, for a look into the daemon with a browser of the same host; see"
            + " docs/web-console.md")
@interface WebConsoleConfiguration {
  @AttributeDefinition(
      description = "Whether it runs. Whoever has its password can do what the daemon can")
  boolean enabled() default false;

  @AttributeDefinition(
      min = "1024",
      max = "65535",
      description = "The port on 127.0.0.1, from 1024 to 65535")
  int port() default 8187;
}
