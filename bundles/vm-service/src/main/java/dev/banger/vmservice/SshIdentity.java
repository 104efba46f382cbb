// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * The keys of this installation: its own, with which guests let it in, and one host key for each
 * machine, so that nobody has to trust a guest at first sight.
 */
@Component(service = SshIdentity.class)
public final class SshIdentity {
  private static final Pattern PUBLIC_LINE =
      Pattern.compile("ssh-[a-z0-9-]+ [A-Za-z0-9+/=]+( .*)?");

  private final Path directory;

  @Activate
  public SshIdentity(@Reference BangerDirectories directories) {
    this.directory = directories.state().resolve("ssh");
  }

  /** The installation's private key, made at first use. */
  synchronized Path privateKey() {
    Path key = directory.resolve("id_ed25519");
    DurableFiles.makeDirectory(directory);
    makeMissing(key, "banger");
    return key;
  }

  /** The installation's public key: one line of an authorized_keys file. */
  String authorizedKey() {
    return publicLine(publicFile(privateKey()));
  }

  /** Where the host keys of all machines are written down. */
  Path knownHostsFile() {
    return directory.resolve("known_hosts");
  }

  /** The private host key of a machine. */
  static Path hostKey(Vm vm) {
    return vm.files().directory().resolve("ssh_host_ed25519_key");
  }

  /** Makes the host key of a machine when it has none; its directory exists. */
  static void makeHostKey(Vm vm) {
    makeMissing(hostKey(vm), vm.id());
  }

  /** The public host key of a machine. */
  static String hostPublicLine(Vm vm) {
    return publicLine(publicFile(hostKey(vm)));
  }

  /** The name under which a machine's host key is known. */
  static String hostAlias(Vm vm) {
    return "banger-" + vm.id();
  }

  // The private file is written last: where it exists, the public one does.
  private static void makeMissing(Path key, String comment) {
    if (Files.exists(key) && Files.exists(publicFile(key))) {
      return;
    }
    if (Files.exists(key)) {
      throw new BangerException(
          ErrorCode.CORRUPT,
          publicFile(key)
              + " is missing; make it again with: ssh-keygen -y -f "
              + key
              + " > "
              + publicFile(key));
    }
    OpenSshKey fresh = OpenSshKey.generate(comment);
    DurableFiles.write(
        publicFile(key), (fresh.publicLine() + "\n").getBytes(StandardCharsets.UTF_8));
    DurableFiles.write(key, fresh.privateFile().getBytes(StandardCharsets.UTF_8));
  }

  private static Path publicFile(Path key) {
    return key.resolveSibling(key.getFileName() + ".pub");
  }

  private static String publicLine(Path file) {
    try {
      String line = Files.readString(file).strip();
      if (!PUBLIC_LINE.matcher(line).matches()) {
        throw new BangerException(ErrorCode.CORRUPT, file + " holds no public key");
      }
      return line;
    } catch (IOException e) {
      throw DurableFiles.failed("cannot read " + file, e);
    }
  }
}
