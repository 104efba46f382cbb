// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.imageservice.storage.FileDigest;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;

/** Answers apt's commands on a fake host for some packages. */
final class FakeApt {
  static final String UPDATE = "apt-get -q -o APT::Update::Error-Mode=any update";

  private final Map<String, byte[]> packages = new HashMap<>();
  private final Map<String, String> stanzas = new HashMap<>();

  FakeApt(FakeHost host) {
    host.on(UPDATE, c -> FakeHost.succeeded(""));
    host.on("apt-cache show", this::show);
    host.on("apt-get -q download", this::download);
  }

  /** Adds a package of version 1 and returns this archive. */
  FakeApt add(String name, String depends, byte[] deb) {
    packages.put(name, deb);
    stanzas.put(
        name,
        """
        Package: %s
        Version: 1
        Depends: %s
        Size: %d
        SHA256: %s

        """
            .formatted(name, depends, deb.length, FileDigest.sha256(deb)));
    return this;
  }

  /** Has the archive say something else about a package. */
  void describe(String name, String stanza) {
    stanzas.put(name, stanza);
  }

  String stanza(String name) {
    return stanzas.get(name);
  }

  private CommandResult show(HostCommand command) {
    String name = command.argv().get(command.argv().size() - 1);
    return stanzas.containsKey(name)
        ? FakeHost.succeeded(stanzas.get(name))
        : FakeHost.failed(100, "E: No packages found\n");
  }

  private CommandResult download(HostCommand command) throws IOException {
    String wanted = command.argv().get(command.argv().size() - 1);
    String name = wanted.substring(0, wanted.indexOf('='));
    Files.write(command.directory().resolve(name + "_1_amd64.deb"), packages.get(name));
    return FakeHost.succeeded("");
  }
}
