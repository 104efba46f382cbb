// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import com.google.cloud.tools.jib.api.Credential;
import dev.banger.operation.Operation;
import java.nio.file.Path;

/** A process of its own, whose PATH a test chooses: prints whose credentials it finds. */
final class PrintUser {
  private PrintUser() {}

  /**
   * Looks credentials up.
   *
   * @param arguments Docker's config.json, then registries
   */
  public static void main(String[] arguments) {
    DockerCredentials credentials = new DockerCredentials(Path.of(arguments[0]));
    for (int i = 1; i < arguments.length; i++) {
      System.out.println(
          credentials
              .find(arguments[i], Operation.background())
              .map(Credential::getUsername)
              .orElse("nobody"));
    }
  }
}
