// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.vm.Vm;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is about to be done to a machine, declared on disk before anything is touched and withdrawn
 * when the record says how it ended. After a crash it tells what was begun. For the holder of the
 * machine's lock.
 *
 * @param file is there while the intent is; it has no content
 */
record Intent(Path file) {
  private static final Logger LOG = LoggerFactory.getLogger(Intent.class);
  private static final String DELETION = ".deleted";

  /** A start of a machine. */
  static Intent ofStart(Vm vm) {
    return new Intent(vm.files().directory().resolve("starting"));
  }

  /** The end of a machine's run, asked for by a person. */
  static Intent ofStop(Vm vm) {
    return new Intent(vm.files().directory().resolve("stopping"));
  }

  /** The deletion of a machine; outlives the machine's directory. */
  static Intent ofDeletion(Vm vm) {
    return ofDeletion(vm.files().directory().getParent(), vm.id());
  }

  /** The deletion of a machine whose record is gone. */
  static Intent ofDeletion(Path machines, String vmId) {
    return new Intent(machines.resolve(vmId + DELETION));
  }

  /** The id of the machine that a directory or an intent beside it belongs to. */
  static String owner(Path entry) {
    String name = entry.getFileName().toString();
    return name.endsWith(DELETION) ? name.substring(0, name.length() - DELETION.length()) : name;
  }

  boolean declared() {
    return Files.exists(file);
  }

  void declare() {
    DurableFiles.makeEmpty(file);
  }

  /**
   * For what makes an end and must work on a full disk more than ever: undeclared it goes on,
   * without being told of after a crash.
   */
  void declareIfPossible() {
    try {
      declare();
    } catch (BangerException e) {
      LOG.warn("what goes on now does not survive a crash: {}", e.getMessage());
    }
  }

  /** What was intended is recorded by now: an intent that stays does harm to nobody. */
  void withdraw() {
    try {
      DurableFiles.delete(file);
    } catch (BangerException e) {
      LOG.warn("{} is left: {}", file, e.getMessage());
    }
  }
}
