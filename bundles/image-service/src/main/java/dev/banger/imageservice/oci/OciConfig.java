// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.error.BangerException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The configuration of an image (OCI image specification, config.md): what its maker meant to be
 * run, and how. Texts hold no NUL; apart from that they are what a stranger wrote.
 *
 * @param created when it was made, as its maker wrote it (RFC 3339)
 * @param platform what it runs on
 * @param user name or number, with or without {@code :group}; empty for root
 * @param env {@code NAME=value}
 * @param workingDir an absolute path in the image; empty for {@code /}
 * @param entrypoint the first arguments of the command
 * @param cmd the arguments after them, which a person may replace
 * @param labels what its maker says about it
 * @param diffIds the digest of each layer when it is unpacked, the lowest layer first
 */
public record OciConfig(
    Optional<String> created,
    Platform platform,
    String user,
    List<String> env,
    String workingDir,
    List<String> entrypoint,
    List<String> cmd,
    Map<String, String> labels,
    List<OciDigest> diffIds) {
  /** Takes copies of the lists. */
  public OciConfig {
    env = List.copyOf(env);
    entrypoint = List.copyOf(entrypoint);
    cmd = List.copyOf(cmd);
    labels = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(labels));
    diffIds = List.copyOf(diffIds);
  }

  /**
   * Reads a configuration.
   *
   * @param json the document
   * @param what it is, for messages
   * @throws BangerException OPERATION_FAILED when it is not of the form that the specification
   *     gives
   */
  public static OciConfig parse(byte[] json, String what) {
    Document document = Document.parse(json, what);
    Document run = document.object("config");
    String created = document.text("created");
    return new OciConfig(
        created.isEmpty() ? Optional.empty() : Optional.of(created),
        new Platform(document.text("os"), document.text("architecture")),
        run.text("User"),
        run.texts("Env"),
        run.text("WorkingDir"),
        run.texts("Entrypoint"),
        run.texts("Cmd"),
        run.textsByName("Labels"),
        diffIds(document.object("rootfs")));
  }

  private static List<OciDigest> diffIds(Document rootfs) {
    return rootfs.texts("diff_ids").stream()
        .map(
            text ->
                OciDigest.parse(text)
                    .orElseThrow(
                        () ->
                            rootfs.refused("diff_ids", "hold " + Quoted.of(text) + ", no SHA-256")))
        .toList();
  }
}
