// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Where plugins come from. */
@ObjectClassDefinition(
    name = "Plugins",
    description = "Where 'banger plugin install mvn:…' looks for jars")
@interface PluginConfiguration {
  @AttributeDefinition(
      description =
          "The local Maven repository, which is looked into first; empty: .m2/repository in the"
              + " home of the daemon's user")
  String localMavenRepository() default "";

  @AttributeDefinition(
      description = "The address of the Maven repository that is asked for what is not there")
  String mavenRepository() default "https://repo1.maven.org/maven2/";
}
