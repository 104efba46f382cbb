// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.guest;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A guest's identity: applied by the agent when the guest boots, and again whenever it changes.
 *
 * @param hostname its host name
 * @param address its address with prefix length, or null
 * @param gateway its default gateway, or null
 * @param nameservers its resolvers
 * @param macAddress its MAC address, or null for the device's own
 * @param files files it is given
 * @param mounts further disks, mounted in this order at its boot and at no other time
 */
public record GuestConfig(
    String hostname,
    String address,
    String gateway,
    List<String> nameservers,
    String macAddress,
    List<GuestFile> files,
    List<Mount> mounts) {
  public GuestConfig {
    nameservers = List.copyOf(nameservers);
    files = List.copyOf(files);
    mounts = List.copyOf(mounts);
  }

  /** A configuration without further disks. */
  public GuestConfig(
      String hostname,
      String address,
      String gateway,
      List<String> nameservers,
      String macAddress,
      List<GuestFile> files) {
    this(hostname, address, gateway, nameservers, macAddress, files, List.of());
  }

  /** What capabilities may add to a guest's configuration. Not safe for use by many threads. */
  public static final class Additions {
    private final List<GuestFile> files = new ArrayList<>();
    private final List<Mount> mounts = new ArrayList<>();

    /** Adds a file; a later one of the same path wins. */
    public Additions file(GuestFile file) {
      files.add(file);
      return this;
    }

    /**
     * Adds a systemd unit that is started with the guest; without effect where the guest's init is
     * another.
     *
     * @param name such as {@code example.service}
     * @param text the unit
     */
    public Additions unit(String name, String text) {
      files.add(file("/run/systemd/system/" + name, text));
      // A drop-in, since systemd accepts only symbolic links in a .wants directory.
      files.add(
          file(
              "/run/systemd/system/multi-user.target.d/" + name + ".conf",
              "[Unit]\nWants=" + name + "\n"));
      return this;
    }

    /** Adds a disk that the guest mounts at its boot, behind those that are there. */
    public Additions mount(Mount mount) {
      mounts.add(mount);
      return this;
    }

    private static GuestFile file(String path, String text) {
      return new GuestFile(path, 0644, text.getBytes(StandardCharsets.UTF_8));
    }

    /** The files added so far. */
    public List<GuestFile> files() {
      return List.copyOf(files);
    }

    /** The mounts added so far. */
    public List<Mount> mounts() {
      return List.copyOf(mounts);
    }
  }
}
