// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Configuration of the PID {@value AuthSync#PID}. A change concerns running machines at once. */
@ObjectClassDefinition(
    name = "banger: auth-sync",
    description = "What guests get of their owner's keys and identity: nothing unless chosen here")
@interface AuthSyncConfiguration {
  @AttributeDefinition(
      description =
          "Files of public keys that may log in to guests: absolute paths or ~/…, several as a list"
              + " or separated by commas")
  String[] publicKeys() default {};

  @AttributeDefinition(
      description = "Whether guests get user.name and user.email of the host's git configuration")
  boolean gitIdentity() default false;

  @AttributeDefinition(
      description =
          "Whether root in guests can list the keys of your ssh agent and sign with them, while the"
              + " daemon runs")
  boolean sshAgent() default false;

  @AttributeDefinition(
      description =
          "Absolute path of the ssh agent's socket. Empty: SSH_AUTH_SOCK of the daemon's environment")
  String sshAgentSocket() default "";
}
