// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.error.ErrorCode;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class StorageFailureTest {
  @Test
  void failures_say_which_file_and_why() {
    assertThat(StorageFailure.of("write the image", new NoSuchFileException("/a/b")))
        .hasMessage("cannot write the image: /a/b: NoSuchFileException");
    assertThat(StorageFailure.of("write", new FileSystemException("/a", null, "Read-only")))
        .hasMessage("cannot write: /a: Read-only");
    assertThat(StorageFailure.of("unpack it", new EOFException()))
        .hasMessage("cannot unpack it: EOFException");
    assertThat(StorageFailure.of("unpack it", new IOException("it is damaged")))
        .hasMessage("cannot unpack it: it is damaged");
  }

  @Test
  void a_full_disk_or_quota_is_told_apart_however_deep_it_lies() {
    for (String words : new String[] {"No space left on device", "Disk quota exceeded"}) {
      IOException full = new IOException("outer", new FileSystemException("/a", null, words));
      assertThat(StorageFailure.of("write", full).code()).isEqualTo(ErrorCode.NO_SPACE);
    }
    assertThat(StorageFailure.of("write", new IOException("no")).code())
        .isEqualTo(ErrorCode.OPERATION_FAILED);
  }
}
