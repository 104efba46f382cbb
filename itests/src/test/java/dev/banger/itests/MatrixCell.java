// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One cell of the kill matrix.
 *
 * @param operation what is interrupted
 * @param point where, as the daemon names it: {@code NAME:before} or {@code NAME:after}
 * @param victim who dies there
 */
record MatrixCell(MatrixOperation operation, String point, Victim victim) {
  /** From here on a machine that is being started has a VMM. */
  private static final String VMM_STARTED = "start.hypervisor:after";

  /** From here on a machine's VMM has ended or is about to. */
  private static final List<String> VMM_ENDED = List.of("stop.power_off:after", "end.vmm:after");

  /** Who dies. */
  enum Victim {
    DAEMON,
    CLIENT,
    VMM,
    AGENT;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The cells of an operation in every build. */
  static List<MatrixCell> slice(MatrixOperation operation) {
    return operation.slice().stream()
        .map(
            cell -> {
              String[] words = cell.split(" ");
              Victim victim = Victim.valueOf(words[1].toUpperCase(Locale.ROOT));
              return new MatrixCell(operation, words[0], victim);
            })
        .toList();
  }

  /**
   * All cells of an operation.
   *
   * @param points those that it reaches, in their order
   */
  static List<MatrixCell> all(MatrixOperation operation, List<String> points) {
    List<MatrixCell> cells = new ArrayList<>();
    boolean vmm = operation.given() == MatrixOperation.Given.RUNNING;
    for (String point : points) {
      cells.add(new MatrixCell(operation, point, Victim.DAEMON));
      cells.add(new MatrixCell(operation, point, Victim.CLIENT));
      vmm = (vmm || point.equals(VMM_STARTED)) && !VMM_ENDED.contains(point);
      if (vmm) {
        cells.add(new MatrixCell(operation, point, Victim.VMM));
      }
      if (operation.agent().contains(point)) {
        cells.add(new MatrixCell(operation, point, Victim.AGENT));
      }
    }
    return cells;
  }

  /** What is done between this point and its other side. */
  String act() {
    return point.substring(0, point.indexOf(':'));
  }

  /** {@code before} or {@code after}. */
  String side() {
    return point.substring(point.indexOf(':') + 1);
  }

  @Override
  public String toString() {
    return operation.verb() + " " + point + " " + victim.word();
  }
}
