// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** docs/configuration.md names each key as the bundles describe it. */
class ConfigurationTableIT {
  private static final Path DOCUMENT = Path.of("../docs/configuration.md");
  private static final String RENEWAL =
      "./mvnw -pl itests verify -Dit.test=ConfigurationTableIT -Dbanger.renew-docs=true"
          + " -Dfailsafe.failIfNoSpecifiedTests=false";

  @Test
  void the_document_has_every_key_as_the_metatype_has_it() throws IOException {
    String written = Files.readString(DOCUMENT);
    String renewed = ConfigurationTable.renewed(written);
    if (Boolean.getBoolean("banger.renew-docs")) {
      Files.writeString(DOCUMENT, renewed);
      return;
    }
    assertThat(written)
        .as(
            "docs/configuration.md is out of date; with the distribution built, renew it by:%n%s",
            RENEWAL)
        .isEqualTo(renewed);
  }
}
