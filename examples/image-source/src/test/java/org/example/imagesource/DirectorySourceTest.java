// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.imagesource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.image.SourceImage;
import dev.banger.operation.Operation;
import dev.banger.testkit.FakeHostCommands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectorySourceTest {
  private static final Operation OPERATION = Operation.background();

  @TempDir Path home;
  private final FakeHostCommands host = new FakeHostCommands();
  private final DirectorySource source = new DirectorySource(host);

  @Test
  void only_its_own_references_are_taken() {
    assertThat(source.find("docker.io/library/alpine:3.20")).isEmpty();
    assertThat(source.find("/srv/root.tar.zst")).isEmpty();
    SourceImage image = source.find("dir:/srv/../srv/My Root").orElseThrow();
    assertThat(image.name()).isEqualTo("My Root");
    assertThat(image.origin()).isEqualTo("dir:/srv/My Root");
  }

  @Test
  void what_is_no_absolute_path_is_refused() {
    assertFails(ErrorCode.BAD_REQUEST, () -> source.find("dir:root"));
    assertFails(ErrorCode.BAD_REQUEST, () -> source.find("dir:/"));
  }

  @Test
  void a_directory_is_given_as_a_tar_in_which_all_belongs_to_root() throws IOException {
    Path root = Files.createDirectory(home.resolve("root; reboot"));

    SourceImage.Content content = source.find("dir:" + root).orElseThrow().fetch(home, OPERATION);

    assertThat(content.path()).isEqualTo(home.resolve("root.tar"));
    assertThat(host.commands())
        .singleElement()
        .satisfies(
            command ->
                assertThat(command.argv())
                    .startsWith("tar", "--create")
                    .contains("--directory=" + root, "--owner=0", "--group=0"));
  }

  @Test
  void what_is_not_there_or_cannot_be_read_is_told() {
    assertFails(
        ErrorCode.NOT_FOUND,
        () -> source.find("dir:" + home.resolve("none")).orElseThrow().fetch(home, OPERATION));
    host.answering(command -> new CommandResult(2, "", "Permission denied"));
    assertFails(
        ErrorCode.OPERATION_FAILED,
        () -> source.find("dir:" + home).orElseThrow().fetch(home, OPERATION));
  }

  private static void assertFails(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code));
  }
}
