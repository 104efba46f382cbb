// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.CatalogFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a kernel is configured with: this program's fragment, then the caller's, of which the last
 * word counts. The form is that of a .config (Documentation/kbuild/kconfig.rst of Linux).
 */
final class KernelConfiguration {
  private static final String FILE = "microvm.config";
  private static final int MAX_FRAGMENT = 1 << 20;

  private static final String OPTION = "(CONFIG_[A-Za-z0-9_]{1,100})";

  // Strings without what means something to make or a shell, both of which read the result.
  private static final Pattern SET =
      Pattern.compile(OPTION + "=([yn]|-?[0-9]+|0x[0-9A-Fa-f]+|\"[^\"\\\\$`#]*\")");

  private static final Pattern UNSET = Pattern.compile("# " + OPTION + " is not set");

  /** Without these no machine of ours comes up. */
  private static final List<String> REQUIRED =
      List.of(
          "CONFIG_PVH",
          "CONFIG_SERIAL_8250_CONSOLE",
          "CONFIG_BLK_DEV_INITRD",
          "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES",
          "CONFIG_VIRTIO_BLK",
          "CONFIG_VIRTIO_NET",
          "CONFIG_VIRTIO_CONSOLE",
          "CONFIG_EXT4_FS",
          "CONFIG_DEVTMPFS",
          "CONFIG_TMPFS");

  private final String text;
  private final Map<String, String> asked;

  private KernelConfiguration(String text, Map<String, String> asked) {
    this.text = text;
    this.asked = asked;
  }

  /**
   * The configuration with the caller's fragment.
   *
   * @param fragment absolute path, or null
   * @throws BangerException BAD_REQUEST when the fragment has lines that are none of a
   *     configuration
   */
  static KernelConfiguration with(Path fragment) {
    String own = CatalogFile.read(FILE);
    return fragment == null
        ? new KernelConfiguration(own, Map.of())
        : of(own, fragment, read(fragment));
  }

  private static KernelConfiguration of(String own, Path file, String fragment) {
    Map<String, String> asked = new HashMap<>();
    int number = 0;
    for (String line : fragment.lines().map(String::strip).toList()) {
      number++;
      Matcher set = SET.matcher(line);
      Matcher unset = UNSET.matcher(line);
      if (set.matches()) {
        asked.put(set.group(1), set.group(2));
      } else if (unset.matches()) {
        asked.put(unset.group(1), "n");
      } else if (!line.isEmpty() && !line.startsWith("#")) {
        throw bad(
            "line %d of %s is no setting of a configuration: CONFIG_NAME=value, where value is y, n, a number or a \"string\"; a kernel built here has no modules"
                .formatted(number, file));
      }
    }
    return new KernelConfiguration(own + "\n" + fragment + "\n", asked);
  }

  private static String read(Path fragment) {
    if (!fragment.isAbsolute()) {
      throw bad(fragment + " is not an absolute path");
    }
    try {
      if (!Files.isRegularFile(fragment) || Files.size(fragment) > MAX_FRAGMENT) {
        throw bad(fragment + " is not a file of at most " + MAX_FRAGMENT + " bytes");
      }
      return Files.readString(fragment, StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, fragment + " cannot be read as text: " + e, e);
    }
  }

  /** The lines for KCONFIG_ALLCONFIG. */
  String text() {
    return text;
  }

  /**
   * Returns when a configured tree has what was asked for and what machines need.
   *
   * @param result the content of its .config
   * @throws BangerException BAD_REQUEST, which names what Linux left out
   */
  void requireIn(String result) {
    Map<String, String> values = new HashMap<>();
    for (String line : result.lines().toList()) {
      int equals = line.indexOf('=');
      if (line.startsWith("CONFIG_") && equals > 0) {
        values.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    List<String> lost = new ArrayList<>();
    asked.forEach(
        (option, value) -> {
          if (!value.equals(values.getOrDefault(option, "n"))) {
            lost.add(option + "=" + value);
          }
        });
    if (!lost.isEmpty()) {
      throw bad(
          "this Linux does not take "
              + String.join(", ", lost)
              + ": it has no such option, or what the option depends on is not set");
    }
    REQUIRED.stream().filter(option -> !"y".equals(values.get(option))).forEach(lost::add);
    if (!lost.isEmpty()) {
      throw bad("no machine would come up without " + String.join(", ", lost));
    }
  }

  private static BangerException bad(String message) {
    return new BangerException(ErrorCode.BAD_REQUEST, message);
  }
}
