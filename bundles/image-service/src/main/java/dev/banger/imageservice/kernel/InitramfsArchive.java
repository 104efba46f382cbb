// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;

/**
 * Writes a newc archive as the kernel unpacks it at boot (Documentation/driver-api/early-userspace/
 * buffer-format.rst). The same calls give the same bytes: everything is root's, from 1970, numbered
 * as it comes.
 */
final class InitramfsArchive implements Closeable {
  private final CpioArchiveOutputStream out;
  private long inode;

  InitramfsArchive(OutputStream out) {
    this.out =
        new CpioArchiveOutputStream(
            out, CpioConstants.FORMAT_NEW, CpioConstants.BLOCK_SIZE, UTF_8.name());
  }

  void directory(String name, int mode) throws IOException {
    put(entry(name, CpioConstants.C_ISDIR | mode, 2, 0), new byte[0]);
  }

  void file(String name, int mode, byte[] content) throws IOException {
    put(entry(name, CpioConstants.C_ISREG | mode, 1, content.length), content);
  }

  void characterDevice(String name, int mode, int major, int minor) throws IOException {
    CpioArchiveEntry entry = entry(name, CpioConstants.C_ISCHR | mode, 1, 0);
    entry.setRemoteDeviceMaj(major);
    entry.setRemoteDeviceMin(minor);
    put(entry, new byte[0]);
  }

  private CpioArchiveEntry entry(String name, int mode, long links, long size) {
    CpioArchiveEntry entry = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, name, size);
    entry.setMode(mode);
    entry.setInode(++inode);
    entry.setNumberOfLinks(links);
    entry.setTime(0);
    return entry;
  }

  private void put(CpioArchiveEntry entry, byte[] content) throws IOException {
    out.putArchiveEntry(entry);
    out.write(content);
    out.closeArchiveEntry();
  }

  /** Ends the archive; the stream below is closed with it. */
  @Override
  public void close() throws IOException {
    out.close();
  }
}
