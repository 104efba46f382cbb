// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;

/** The outcomes of the cells as Markdown, written anew with each so that it is always whole. */
final class MatrixTable {
  private final Path file;
  private final String commit = commit();
  private final List<String> rows = new ArrayList<>();
  private Duration spent = Duration.ZERO;
  private int failed;

  MatrixTable(Path file) {
    this.file = file;
  }

  void passed(MatrixCell cell, String outcome, Duration took) {
    add(cell, outcome, took);
  }

  void failed(MatrixCell cell, Throwable failure, Duration took) {
    failed++;
    add(cell, "**FAILED** " + failure, took);
  }

  private void add(MatrixCell cell, String outcome, Duration took) {
    spent = spent.plus(took);
    String seconds = seconds(took);
    rows.add(
        "| %s | `%s` | %s | %s | %s | %s |"
            .formatted(
                cell.operation().verb(),
                cell.act(),
                cell.side(),
                cell.victim().word(),
                outcome.replaceAll("\\s+", " ").replace("|", "/"),
                seconds));
    System.out.printf("kill matrix: %s: %s s%n", cell, seconds);
    write();
  }

  private static String seconds(Duration duration) {
    return Long.toString((duration.toMillis() + 500) / 1000);
  }

  private void write() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "Made on %s, commit %s: %d cells, %d failed, %s s."
            .formatted(LocalDate.now(), commit, rows.size(), failed, seconds(spent)));
    lines.add("");
    lines.add("| operation | fault point | side | victim | outcome | seconds |");
    lines.add("|---|---|---|---|---|---|");
    lines.addAll(rows);
    try {
      Files.write(file, lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String commit() {
    Outcome commit =
        Running.start(
                List.of(
                    "git", "-C", System.getProperty("user.dir"), "rev-parse", "--short", "HEAD"),
                Path.of("/"))
            .await(Duration.ofSeconds(60));
    return commit.status() == 0 ? commit.stdout().strip() : "unknown";
  }
}
