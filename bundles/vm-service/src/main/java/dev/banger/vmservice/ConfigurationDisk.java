// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestConfig;
import dev.banger.guest.GuestFile;
import dev.banger.guest.Mount;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * The read-only disk that carries a machine's identity into its guest: a ustar archive
 * (docs/guest-agent.md, "Start of a guest").
 */
final class ConfigurationDisk {
  /** The field of a ustar header. */
  private static final int LONGEST_NAME = 100;

  /** The agent's own bound of a file. */
  private static final int LARGEST_FILE = 16 * 1024 * 1024;

  /** The agent's own bounds of mounts. */
  static final int MOST_MOUNTS = 16;

  private static final int LONGEST_MOUNT_POINT = 1023;
  private static final Pattern SERIAL = Pattern.compile("[a-z0-9-]{1,20}");

  private static final int ENTROPY_BYTES = 64;
  private static final SecureRandom RANDOM = new SecureRandom();

  private ConfigurationDisk() {}

  /** Writes the disk, in whole blocks of 512 bytes. */
  static void write(Path target, GuestConfig config) {
    Map<String, GuestFile> files = new LinkedHashMap<>();
    for (GuestFile file : config.files()) {
      files.put(entryName(file), file);
    }
    ByteArrayOutputStream disk = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(disk, 512, StandardCharsets.UTF_8.name())) {
      put(tar, "identity", 0600, identity(config).getBytes(StandardCharsets.UTF_8));
      for (Map.Entry<String, GuestFile> file : files.entrySet()) {
        put(tar, file.getKey(), file.getValue().mode() & 07777, file.getValue().content());
      }
    } catch (IOException e) {
      throw DurableFiles.failed("cannot make the configuration disk " + target, e);
    }
    DurableFiles.write(target, disk.toByteArray());
  }

  private static String identity(GuestConfig config) {
    StringBuilder lines = new StringBuilder();
    line(lines, "hostname", config.hostname());
    line(lines, "address", config.address());
    line(lines, "gateway", config.gateway());
    config.nameservers().forEach(nameserver -> line(lines, "nameserver", nameserver));
    line(lines, "mac", config.macAddress());
    byte[] entropy = new byte[ENTROPY_BYTES];
    RANDOM.nextBytes(entropy);
    mounts(config.mounts()).forEach(mount -> line(lines, "mount", mount));
    line(lines, "entropy", HexFormat.of().formatHex(entropy));
    return lines.toString();
  }

  private static List<String> mounts(List<Mount> mounts) {
    if (mounts.size() > MOST_MOUNTS) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, "a guest mounts at most %d further disks".formatted(MOST_MOUNTS));
    }
    return mounts.stream().map(ConfigurationDisk::mount).toList();
  }

  private static String mount(Mount mount) {
    if (!SERIAL.matcher(mount.serial()).matches()
        || !hasPlainElements(mount.path())
        || mount.path().getBytes(StandardCharsets.UTF_8).length > LONGEST_MOUNT_POINT) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "cannot mount the disk \"%s\" on \"%s\": name a disk's serial and an absolute path"
              .formatted(mount.serial(), mount.path()));
    }
    return mount.serial() + " " + mount.path();
  }

  /** Whether it is absolute and no element of it is empty or climbs. */
  private static boolean hasPlainElements(String path) {
    return path.startsWith("/")
        && Stream.of(path.substring(1).split("/", -1))
            .noneMatch(element -> element.isEmpty() || element.equals(".") || element.equals(".."));
  }

  private static void line(StringBuilder lines, String key, String value) {
    if (value == null) {
      return;
    }
    if (value.chars().anyMatch(Character::isISOControl)) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, "the guest's " + key + " holds a control character");
    }
    lines.append(key).append('=').append(value).append('\n');
  }

  private static String entryName(GuestFile file) {
    String path = file.path();
    if (!path.startsWith("/") || path.endsWith("/") || path.indexOf('\0') >= 0) {
      throw refused(file, "it must be an absolute path of a file");
    }
    if (!hasPlainElements(path)) {
      throw refused(file, "it must have no empty, '.' or '..' element");
    }
    String name = "files" + path;
    if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
      throw refused(file, "it is longer than " + (LONGEST_NAME - "files".length()) + " bytes");
    }
    if (file.content().length > LARGEST_FILE) {
      throw refused(file, "its content is longer than 16 MiB");
    }
    return name;
  }

  private static BangerException refused(GuestFile file, String reason) {
    return new BangerException(
        ErrorCode.BAD_REQUEST, "cannot give the guest the file \"" + file.path() + "\": " + reason);
  }

  private static void put(TarArchiveOutputStream tar, String name, int mode, byte[] content)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setMode(mode);
    entry.setSize(content.length);
    entry.setIds(0, 0);
    entry.setNames("root", "root");
    entry.setModTime(0L);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }
}
