// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.release.ReleaseChange;
import dev.banger.release.ReleasePlan.Way;
import dev.banger.release.ReleaseUpdate;
import dev.banger.release.ReleaseUpdate.State;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory {@code update/} of an installation: the new files and the previous ones while an
 * update goes on, and how the last one ended. While its journal is there the update is not over:
 * every {@code bin/bangerd} ends it first, by {@code update/recover} ({@code lib/recover} of the
 * release that began it), which knows the files named here.
 */
final class ReleaseStage {
  private static final Logger LOG = LoggerFactory.getLogger(ReleaseStage.class);

  /** What a daemon does with the journal, as {@code recover} reads it. */
  enum Phase {
    /** The daemon exchanges bundles while it runs. */
    LIVE("live"),
    /** The daemon goes, so that all files can be exchanged. */
    PENDING("pending"),
    /** They were, and the new daemon has to show that it is whole. */
    TRIAL("trial"),
    /** It has not, and the previous release returns. */
    RETURNING("returning");

    private final String word;

    Phase(String word) {
      this.word = word;
    }
  }

  private static final List<String> PARTS =
      List.of("new", "previous", "good", "problem", "bangerd", "trial", "updater", "reason");

  private final Path root;
  private final Path directory;
  private FileChannel lock;

  /**
   * @param root the installation's directory
   */
  ReleaseStage(Path root) {
    this.root = root;
    this.directory = root.resolve("update");
  }

  /** The directory that has all files of the new release. */
  Path fresh() {
    return directory.resolve("new");
  }

  /** The directory that has those previous files which are replaced or removed. */
  Path previous() {
    return directory.resolve("previous");
  }

  /** The program that ends the update. */
  Path recover() {
    return directory.resolve("recover");
  }

  private Path journal() {
    return directory.resolve("journal");
  }

  /** Where the update stands that is not over. */
  Optional<Phase> phase() {
    try {
      String word = Files.readString(journal()).strip();
      return Stream.of(Phase.values()).filter(each -> each.word.equals(word)).findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Keeps other daemons of this installation from updating it, and removes what is left of earlier
   * updates.
   *
   * @throws BangerException IN_USE while one goes on; HOST_UNFIT where this user may not
   */
  void occupy() {
    for (Path each : List.of(root, root.resolve("bin"), root.resolve("lib"))) {
      Installation.requireReplaceable(each.resolve("any"));
    }
    // First, since the system forgets this process's lock when any channel of that file is closed.
    if (Files.exists(journal())) {
      throw inUse();
    }
    try {
      createPublic(directory);
      lock =
          FileChannel.open(
              directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (lock.tryLock() == null || Files.exists(journal())) {
        vacate();
        throw inUse();
      }
      clear();
    } catch (OverlappingFileLockException e) {
      vacate();
      throw inUse();
    } catch (IOException e) {
      vacate();
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, directory + " cannot be used: " + e.getMessage(), e);
    }
  }

  private BangerException inUse() {
    return new BangerException(
        ErrorCode.IN_USE,
        "a daemon is updating "
            + root
            + ", or ended before it had: 'banger update --status' tells how that goes on, and the"
            + " next start of a daemon ends it");
  }

  /** Lets others update this installation. */
  void vacate() {
    try {
      if (lock != null) {
        lock.close();
      }
    } catch (IOException e) {
      LOG.warn("{} could not be let go", directory, e);
    }
  }

  /**
   * Takes copies of a release's files, verified as they lie here, and of those that they replace.
   *
   * @param update what is begun
   */
  void take(Path release, ReleaseList wanted, List<ReleaseChange> changes, ReleaseUpdate update)
      throws IOException {
    List<String> replaced = new ArrayList<>();
    List<String> added = new ArrayList<>();
    List<String> removed = new ArrayList<>();
    Set<String> kept = new HashSet<>();
    for (ReleaseChange each : changes) {
      switch (each.kind()) {
        case ADDED -> added.add(each.path());
        case REMOVED -> removed.add(each.path());
        case REPLACED -> replaced.add(each.path());
        case KEPT -> kept.add(each.path());
      }
    }
    replaced.add(ReleaseList.NAME);
    for (String path : wanted.files().keySet()) {
      takeNew(release, path, replaced.contains(path) || added.contains(path));
      if (!kept.contains(path)) {
        wanted.verify(fresh(), path);
      }
    }
    takeNew(release, ReleaseList.NAME, true);
    if (!Digests.sha256(fresh().resolve(ReleaseList.NAME)).equals(wanted.sha256())) {
      throw new BangerException(
          ErrorCode.CORRUPT, release + " changed while it was read; begin once more");
    }
    for (String path : replaced) {
      keepPrevious(path);
    }
    for (String path : removed) {
      keepPrevious(path);
    }
    // Whoever ends the update puts these into their places; those that are new have none to return.
    replaced.addAll(0, added);
    write("replace", lines(replaced));
    write("added", lines(added));
    write("removed", lines(removed));
    write(
        "begun",
        "from=%s\nto=%s\nway=%s\nstarted=%s\n"
            .formatted(update.from(), update.to(), update.way(), update.startedAt()));
    DurableFile.copy(root.resolve("lib/recover"), recover());
  }

  private void takeNew(Path release, String path, boolean changes) throws IOException {
    Path place = fresh().resolve(path);
    createPublic(place.getParent());
    if (changes) {
      DurableFile.copy(release.resolve(path), place, DurableFile.permissions(root.resolve(path)));
    } else {
      Files.copy(root.resolve(path), place, StandardCopyOption.COPY_ATTRIBUTES);
    }
  }

  private void keepPrevious(String path) throws IOException {
    Path copy = previous().resolve(path);
    createPublic(copy.getParent());
    DurableFile.copy(root.resolve(path), copy, DurableFile.permissions(root.resolve(path)));
    Files.setLastModifiedTime(copy, Files.getLastModifiedTime(root.resolve(path)));
  }

  private static String lines(List<String> paths) {
    return paths.isEmpty() ? "" : String.join("\n", paths) + "\n";
  }

  /** From now on the update is not over until its outcome is told. */
  void open(Phase phase) throws IOException {
    ProcessHandle self = ProcessHandle.current();
    String stat = Files.readString(Path.of("/proc/self/stat"));
    String start = stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
    write("updater", self.pid() + " " + start + "\n");
    write("journal", phase.word + "\n");
  }

  /** Puts a new file into its place. */
  void place(String path) throws IOException {
    put(fresh(), path);
  }

  /** Puts a previous file into its place again. */
  void returnPrevious(String path) throws IOException {
    put(previous(), path);
  }

  /** The copies here allow what is to be allowed. */
  private void put(Path from, String path) throws IOException {
    Path file = from.resolve(path);
    DurableFile.copy(file, root.resolve(path), Files.getPosixFilePermissions(file));
  }

  /** The update is over. */
  void close(ReleaseUpdate ended) throws IOException {
    String reason = ended.reason();
    write(
        "outcome",
        Files.readString(directory.resolve("begun"))
            + "state="
            + ended.state()
            + "\n"
            + (reason == null ? "" : "reason=" + reason.replaceAll("[\\\\\n\r]", " ") + "\n")
            + "ended="
            + ended.endedAt()
            + "\n");
    Files.deleteIfExists(journal());
    vacate();
    clearQuietly();
  }

  /** Removes what is not needed to end or to undo an update whose files are in their places. */
  void makeRoom() {
    try {
      delete(fresh());
    } catch (IOException e) {
      LOG.warn("{} could not be cleared", fresh(), e);
    }
  }

  /** The update is given up before it was begun. */
  void abandon() {
    vacate();
    clearQuietly();
  }

  /** What the next daemon is to say of an update that it has to end. */
  void leaveReason(String reason) throws IOException {
    write("reason", reason.replaceAll("[\\\\\n\r]", " ") + "\n");
  }

  /** The new daemon tells that it is whole, or with problems that it is not. */
  void judge(List<String> problems) throws IOException {
    write(problems.isEmpty() ? "good" : "problem", String.join("; ", problems) + "\n");
  }

  /** Whether the last outcome has been told of by an event; from then on it has. */
  boolean tellOnce() throws IOException {
    Path outcome = directory.resolve("outcome");
    Path told = directory.resolve("told");
    if (!Files.exists(outcome) || !Files.isWritable(directory)) {
      return false;
    }
    boolean first = !Files.exists(told) || Files.mismatch(outcome, told) >= 0;
    if (first) {
      DurableFile.copy(outcome, told);
    }
    return first;
  }

  /** The update that goes on, or the last one that has ended. */
  Optional<ReleaseUpdate> latest() {
    Optional<Phase> phase = phase();
    return phase.isPresent()
        ? read(directory.resolve("begun"), words(phase.get()))
        : read(directory.resolve("outcome"), null);
  }

  private static String words(Phase phase) {
    return switch (phase) {
      case LIVE -> "bundles are exchanged";
      case PENDING -> "the daemon stops";
      case TRIAL -> "the new daemon has to show that it is whole";
      case RETURNING -> "the previous release returns";
    };
  }

  private static Optional<ReleaseUpdate> read(Path file, String step) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    Properties told = new Properties();
    try (Reader in = new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8)) {
      told.load(in);
      return Optional.of(
          new ReleaseUpdate(
              told.getProperty("from"),
              told.getProperty("to"),
              Way.valueOf(told.getProperty("way")),
              step == null ? State.valueOf(told.getProperty("state")) : State.RUNNING,
              step,
              told.getProperty("reason"),
              Instant.parse(told.getProperty("started")),
              step == null ? Instant.parse(told.getProperty("ended")) : null));
    } catch (IOException | IllegalArgumentException | NullPointerException | DateTimeException e) {
      LOG.warn("{} cannot be read", file, e);
      return Optional.empty();
    }
  }

  static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS);
  }

  private void write(String name, String text) throws IOException {
    Path unready = directory.resolve(name + ".new");
    Files.deleteIfExists(unready);
    try (FileChannel channel =
        FileChannel.open(unready, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(StandardCharsets.UTF_8.encode(text));
      channel.force(true);
    }
    Files.setPosixFilePermissions(unready, PosixFilePermissions.fromString("rw-r--r--"));
    Files.move(unready, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel channel = FileChannel.open(directory)) {
      channel.force(true);
    }
  }

  private void createPublic(Path wanted) throws IOException {
    if (Files.isDirectory(wanted, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!wanted.equals(directory)) {
      createPublic(wanted.getParent());
    }
    Files.createDirectory(wanted);
    Files.setPosixFilePermissions(wanted, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void clearQuietly() {
    try {
      clear();
    } catch (IOException e) {
      LOG.warn("{} could not be cleared", directory, e);
    }
  }

  private void clear() throws IOException {
    for (String part : PARTS) {
      delete(directory.resolve(part));
    }
  }

  /** Removes a directory with all that is in it, following no link. */
  static void delete(Path tree) throws IOException {
    if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    }
  }
}
