// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import jdk.net.ExtendedSocketOptions;

/** Lets the owner of a directory in, and root; the kernel tells who the peer is. */
final class OwnerAndRoot implements PeerCheck {
  private final UserPrincipal owner;
  private final UserPrincipal root;

  OwnerAndRoot(Path directory) throws IOException {
    owner = Files.getOwner(directory);
    root = directory.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("0");
  }

  @Override
  public boolean mayEnter(SocketChannel channel) throws IOException {
    UserPrincipal peer = channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
    return peer.equals(owner) || peer.equals(root);
  }
}
