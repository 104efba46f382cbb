// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.ImageConfiguration;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The sources of an Ubuntu suite, as lines of apt's sources.list. Ubuntu's archive has the security
 * updates, too.
 *
 * @param mirror URL of the archive
 * @param keyring the file with the keys that sign it
 */
record UbuntuSources(String mirror, Path keyring) {
  /**
   * From Ubuntu's package ubuntu-keyring, Debian's ubuntu-archive-keyring; the same path on the
   * host and in an image.
   */
  static final Path KEYRING = Path.of("/usr/share/keyrings/ubuntu-archive-keyring.gpg");

  UbuntuSources {
    MirrorUrl.require("ubuntuMirror", mirror);
  }

  static UbuntuSources of(ImageConfiguration configuration) {
    return new UbuntuSources(configuration.ubuntuMirror(), KEYRING);
  }

  /**
   * The suite, its updates and its security updates, all signed by the keys.
   *
   * @throws BangerException HOST_UNFIT when this host does not have the keys
   */
  List<String> lines(String suite) {
    if (!Files.isReadable(keyring)) {
      throw new BangerException(
          ErrorCode.HOST_UNFIT,
          "Ubuntu's archive keys are not on this host; install the package ubuntu-archive-keyring"
              + " (on Ubuntu: ubuntu-keyring), or where there is none copy "
              + keyring
              + " from an Ubuntu system to the same place");
    }
    return Stream.of(suite, suite + "-updates", suite + "-security")
        .map(each -> "deb [signed-by=" + keyring + "] " + mirror + " " + each + " main universe")
        .toList();
  }
}
