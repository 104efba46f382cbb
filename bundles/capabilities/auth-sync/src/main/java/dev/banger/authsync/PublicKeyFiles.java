// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The chosen files of public keys. What is not surely a file of public keys is refused whole. */
final class PublicKeyFiles {
  /** A hundred of the largest keys that are in use. */
  private static final int LARGEST_FILE = 64 * 1024;

  private static final int MOST_KEYS = 256;
  private static final Set<PosixFilePermission> OF_OTHERS =
      Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  private final List<String> files;
  private final Path home;
  private final UserPrincipal owner;

  /**
   * @param names paths, absolute or beginning with ~/, several in one separated by commas
   * @param home what ~ stands for
   * @param owner whose files they must be, unless they are root's
   */
  PublicKeyFiles(String[] names, Path home, UserPrincipal owner) {
    this.files =
        Arrays.stream(names)
            .flatMap(name -> Arrays.stream(name.split(",")))
            .map(String::strip)
            .filter(name -> !name.isEmpty())
            .toList();
    this.home = home;
    this.owner = owner;
  }

  /** Whether any was chosen. */
  boolean chosen() {
    return !files.isEmpty();
  }

  /**
   * Reads all of them.
   *
   * @return the keys in the order of the files, each once
   * @throws BangerException BAD_REQUEST when one is missing or is not what was meant, with what to
   *     do about it; never with anything of its content
   */
  List<PublicKey> read() {
    Map<String, PublicKey> keys = new LinkedHashMap<>();
    for (String file : files) {
      read(file).forEach(key -> keys.putIfAbsent(key.blob(), key));
    }
    if (keys.size() > MOST_KEYS) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "publicKeys of %s are %d keys, and %d are the most"
              .formatted(AuthSync.PID, keys.size(), MOST_KEYS));
    }
    return List.copyOf(keys.values());
  }

  private List<PublicKey> read(String file) {
    try {
      return keys(file, text(file, content(file, path(file))));
    } catch (NoSuchFileException e) {
      throw refused(file, "does not exist");
    } catch (IOException e) {
      throw refused(file, "cannot be read: " + e.getMessage());
    }
  }

  private Path path(String file) {
    try {
      Path path = file.startsWith("~/") ? home.resolve(file.substring(2)) : Path.of(file);
      if (path.isAbsolute()) {
        return path;
      }
    } catch (InvalidPathException e) {
      throw refused(file, "is not a path");
    }
    throw refused(file, "is not an absolute path and does not begin with ~/");
  }

  /** A link is followed; what it leads to must be the owner's, who alone may write it. */
  private byte[] content(String file, Path path) throws IOException {
    Path real = path.toRealPath();
    PosixFileAttributes attributes =
        Files.readAttributes(real, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isRegularFile()) {
      throw refused(file, "is not a file");
    }
    if (!attributes.owner().equals(owner) && !attributes.owner().getName().equals("root")) {
      throw refused(file, "belongs to %s, not to you".formatted(attributes.owner().getName()));
    }
    if (attributes.permissions().stream().anyMatch(OF_OTHERS::contains)) {
      throw refused(file, "can be written by others; close it with: chmod go-w " + real);
    }
    try (InputStream in = Files.newInputStream(real, LinkOption.NOFOLLOW_LINKS)) {
      byte[] content = in.readNBytes(LARGEST_FILE + 1);
      if (content.length > LARGEST_FILE) {
        throw refused(file, "is larger than %d KiB".formatted(LARGEST_FILE / 1024));
      }
      return content;
    }
  }

  private static String text(String file, byte[] content) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
      if (text.contains("PRIVATE KEY")) {
        throw refused(file, "is a private key, which no guest is ever given; name the .pub file");
      }
      return text;
    } catch (CharacterCodingException e) {
      throw refused(file, "is not a text");
    }
  }

  private static List<PublicKey> keys(String file, String text) {
    List<PublicKey> keys = new ArrayList<>();
    int number = 0;
    for (String line : text.split("\r?\n")) {
      number++;
      if (!line.isBlank() && !line.stripLeading().startsWith("#")) {
        try {
          keys.add(PublicKey.parse(line));
        } catch (IllegalArgumentException e) {
          throw refused(file, "line %d %s".formatted(number, e.getMessage()));
        }
      }
    }
    if (keys.isEmpty()) {
      throw refused(file, "holds no public key");
    }
    return keys;
  }

  private static BangerException refused(String file, String reason) {
    return new BangerException(
        ErrorCode.BAD_REQUEST,
        "the file of public keys %s %s; correct publicKeys of %s, or take the file out of it"
            .formatted(file, reason, AuthSync.PID));
  }
}
