// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How an image's maker wants a process of it to be started: the {@code config} of the OCI image
 * specification. What the maker left open is empty.
 *
 * @param environment variables, in the maker's order
 * @param user user name or uid, with {@code :group} or {@code :gid} behind it or not; empty for
 *     root
 * @param workingDirectory absolute, or empty
 * @param entrypoint the first words of what runs by default
 * @param command the words after them
 */
public record ImageConfig(
    Map<String, String> environment,
    String user,
    String workingDirectory,
    List<String> entrypoint,
    List<String> command) {
  /** Of an image whose maker wants nothing. */
  public static final ImageConfig NONE = new ImageConfig(Map.of(), "", "", List.of(), List.of());

  public ImageConfig {
    environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
    entrypoint = List.copyOf(entrypoint);
    command = List.copyOf(command);
  }

  /** The words of what runs by default: entry point and command; empty when there is nothing. */
  public List<String> defaultArguments() {
    List<String> words = new ArrayList<>(entrypoint);
    words.addAll(command);
    return List.copyOf(words);
  }
}
