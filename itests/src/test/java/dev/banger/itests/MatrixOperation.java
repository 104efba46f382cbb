// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import java.util.List;

/**
 * What the kill matrix interrupts. A further operation is one more constant here: what it finds,
 * its words, and what says that the first, interrupted one had come to its end. The sweep finds its
 * points by itself; {@code slice} names the cells of every build, {@code agent} the points at which
 * the guest's agent dies.
 */
enum MatrixOperation {
  CREATE(
      Given.NO_MACHINE,
      "already exists",
      List.of("create.directory:after daemon", "create.host_key:before client"),
      List.of(),
      "create",
      "--no-start",
      "--image",
      MatrixHome.IMAGE,
      "--memory",
      "128M",
      "--name",
      MatrixHome.SUBJECT),
  START(
      Given.STOPPED,
      null,
      List.of(
          "end.run_directory:before daemon",
          "start.hypervisor:after daemon",
          "start.record:before client",
          "start.handles:before vmm"),
      List.of("start.post_start:before"),
      "start",
      MatrixHome.SUBJECT),
  STOP(
      Given.RUNNING,
      null,
      List.of("stop.power_off:before daemon", "stop.power_off:before agent"),
      List.of("stop.intent:before", "stop.power_off:before"),
      "stop",
      MatrixHome.SUBJECT),
  RESTART(
      Given.RUNNING,
      null,
      List.of("end.record:after daemon"),
      List.of("stop.intent:after"),
      "restart",
      MatrixHome.SUBJECT),
  KILL(
      Given.RUNNING,
      "is not running",
      List.of("kill.intent:after vmm"),
      List.of("kill.intent:after"),
      "kill",
      MatrixHome.SUBJECT),
  SET(
      Given.ENDED,
      null,
      List.of("set.record:before daemon"),
      List.of(),
      "set",
      "--disk-size",
      "12G",
      "--label",
      "changed=yes",
      MatrixHome.SUBJECT),
  RESET(
      Given.ENDED,
      null,
      List.of("reset.root_disk:after daemon"),
      List.of(),
      "reset",
      "--yes",
      MatrixHome.SUBJECT),
  DELETE(
      Given.RUNNING,
      "not found",
      List.of("delete.directory:before daemon", "delete.record:before client"),
      List.of("delete.intent:after"),
      "delete",
      MatrixHome.SUBJECT);

  /** In what state an operation finds the machine that it is for. */
  enum Given {
    NO_MACHINE,
    /** It never ran. */
    STOPPED,
    RUNNING,
    /** It ran, and has disks. */
    ENDED
  }

  private final Given given;
  private final String done;
  private final List<String> slice;
  private final List<String> agent;
  private final List<String> words;

  /**
   * @param done what the repeated command says when there is nothing left to do; null when it then
   *     succeeds
   */
  MatrixOperation(
      Given given, String done, List<String> slice, List<String> agent, String... words) {
    this.given = given;
    this.done = done;
    this.slice = slice;
    this.agent = agent;
    this.words = List.of(words);
  }

  Given given() {
    return given;
  }

  boolean saysDone(Outcome outcome) {
    return done != null && outcome.status() != 0 && outcome.stderr().contains(done);
  }

  /** The cells of every build: points, each followed by who dies there. */
  List<String> slice() {
    return slice;
  }

  /** The points at which the agent dies. */
  List<String> agent() {
    return agent;
  }

  /** The words after {@code banger vm}. */
  List<String> words() {
    return words;
  }

  String verb() {
    return words.get(0);
  }
}
