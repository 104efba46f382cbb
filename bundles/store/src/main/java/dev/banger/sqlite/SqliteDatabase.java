// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.operation.Operation;
import dev.banger.sqlite.DatabaseFile.Inspection;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Version;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * The database {@code banger.db} in the state directory. It is opened at first use, checked and
 * migrated; when that fails every call says why and the next one tries again, so that the daemon
 * lives on and the person can mend it. One thread writes at a time; readers, whom WAL lets see the
 * last commit meanwhile, never wait for it.
 */
@Component(service = SqliteDatabase.class)
public final class SqliteDatabase {
  private static final Logger LOG = LoggerFactory.getLogger(SqliteDatabase.class);
  static final String FILE_NAME = "banger.db";

  /** Enough for the few commands that read at once; more are opened and closed as needed. */
  private static final int IDLE_READERS = 4;

  private static final long CLOSE_WAIT_SECONDS = 5;
  private static final long ALONE_WAIT_MILLIS = 5_000;
  private static final long PAUSE_MILLIS = 50;

  /** Longer than a new release has to show that it works. */
  private static final long TRIAL_WAIT_MILLIS = 75_000;

  private static final String STARTING = "FelixStartLevel";

  private final DatabaseFile file;
  private final Schema schema;
  private final String release;
  private final BooleanSupplier trial;
  // Shared by those who use the database, for one alone while its file is replaced.
  private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
  // Fair, so that under load no reservation waits longer than those before it take.
  private final ReentrantLock writing = new ReentrantLock(true);
  private final Deque<Connection> idleReaders = new ArrayDeque<>();
  private volatile Connection writer;
  private volatile boolean closed;

  @Activate
  public SqliteDatabase(BundleContext context, @Reference BangerDirectories directories) {
    this(
        path(directories),
        Schema.CURRENT,
        release(context.getBundle().getVersion()),
        new ReleaseTrial(context)::goesOn);
  }

  SqliteDatabase(Path path, Schema schema, String release) {
    this(path, schema, release, () -> false);
  }

  /**
   * @param release of banger, for those who find a schema that is too new for them
   * @param trial whether the previous release may still return, which could not open a database
   *     that this one has migrated
   */
  SqliteDatabase(Path path, Schema schema, String release, BooleanSupplier trial) {
    this.trial = trial;
    this.file = new DatabaseFile(path, schema);
    this.schema = schema;
    this.release = release;
  }

  private static String release(Version version) {
    String numbers = version.getMajor() + "." + version.getMinor() + "." + version.getMicro();
    return version.getQualifier().isEmpty() ? numbers : numbers + "-" + version.getQualifier();
  }

  static Path path(BangerDirectories directories) {
    return directories.state().resolve(FILE_NAME);
  }

  /** Runs work that only reads, on one consistent view. */
  <T> T read(String what, Transaction.Work<T> work) {
    beginUse();
    Connection connection = null;
    try {
      ensureOpen();
      connection = borrowReader();
      T result = Transaction.READ.run(connection, work);
      giveBack(connection);
      connection = null;
      return result;
    } catch (SQLException e) {
      throw SqliteFailure.translate("cannot " + what, file.path(), e);
    } finally {
      closeQuietly(connection);
      use.readLock().unlock();
    }
  }

  /** Runs work in a transaction of its own, alone; it is undone when the work throws. */
  <T> T write(String what, Transaction.Work<T> work) {
    beginUse();
    try {
      ensureOpen();
      return writeInTurn(what, work);
    } finally {
      use.readLock().unlock();
    }
  }

  private <T> T writeInTurn(String what, Transaction.Work<T> work) {
    writing.lock();
    try {
      Connection connection = writer;
      if (connection == null) {
        throw stopped();
      }
      return Transaction.WRITE.run(connection, work);
    } catch (SQLException e) {
      throw SqliteFailure.translate("cannot " + what, file.path(), e);
    } finally {
      writing.unlock();
    }
  }

  /**
   * Runs work on the files of the database while nobody here has them open; what comes meanwhile
   * waits a while. The next use opens the database anew.
   *
   * @throws BangerException IN_USE when what runs does not end in time
   */
  <T> T alone(Operation operation, Function<DatabaseFile, T> work) {
    beginAlone(operation);
    try {
      if (closed) {
        throw stopped();
      }
      closeConnections();
      return work.apply(file);
    } finally {
      use.writeLock().unlock();
    }
  }

  /** A database of this one's schema, to be built in a directory of its own. */
  Rebuild rebuild(Path directory, Operation operation) throws IOException {
    return new Rebuild(directory, schema, release, operation);
  }

  /** The database as a file, for a look at it. */
  DatabaseFile file() {
    return file;
  }

  /** Another database of this one's schema, which nobody's trial holds up. */
  SqliteDatabase elsewhere(Path path) {
    return new SqliteDatabase(path, schema, release);
  }

  private void beginUse() {
    if (!acquired(use.readLock(), ALONE_WAIT_MILLIS)) {
      throw new BangerException(
          ErrorCode.UNAVAILABLE, "the store is being looked at or repaired; try again");
    }
  }

  private void beginAlone(Operation operation) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ALONE_WAIT_MILLIS);
    while (!acquired(use.writeLock(), PAUSE_MILLIS)) {
      operation.check();
      if (System.nanoTime() - deadline > 0) {
        throw new BangerException(
            ErrorCode.IN_USE, "the daemon itself uses the database without end; try again");
      }
    }
  }

  private static boolean acquired(Lock lock, long millis) {
    try {
      return lock.tryLock(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw stopped();
    }
  }

  private void ensureOpen() {
    while (!isOpened()) {
      awaitEndOfTrial();
    }
  }

  /** Opens it unless that has to wait for the end of the trial. */
  private boolean isOpened() {
    if (writer != null && !closed) {
      return true;
    }
    writing.lock();
    try {
      if (closed) {
        throw stopped();
      }
      if (writer == null) {
        writer = open();
      }
      return writer != null;
    } finally {
      writing.unlock();
    }
  }

  private void awaitEndOfTrial() {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TRIAL_WAIT_MILLIS);
    while (trial.getAsBoolean()) {
      if (closed) {
        throw stopped();
      }
      // The trial ends once the framework has started: what it starts must not wait for that.
      if (System.nanoTime() - deadline >= 0 || Thread.currentThread().getName().equals(STARTING)) {
        throw new BangerException(
            ErrorCode.UPDATING,
            "the database is migrated once the new release has shown that it works; try again");
      }
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw stopped();
      }
    }
  }

  /** Null while a database that would be changed has to wait for the end of the trial. */
  private Connection open() {
    try {
      file.finishReplacement();
      Inspection inspection = file.inspect();
      if (inspection.isToBeMigrated() && trial.getAsBoolean()) {
        LOG.info("The database waits until this release has shown that it works");
        return null;
      }
      switch (inspection.condition()) {
        case NEWER, FOREIGN, DAMAGED -> throw inspection.refusal();
        case MISSING -> file.createIfMissing();
        case CURRENT, PENDING -> {}
      }
      Connection connection = connect();
      try {
        if (inspection.condition() == DatabaseFile.Condition.PENDING) {
          file.keepCopy(inspection.pending().get(0).id(), connection);
        }
        schema.migrate(connection, release);
        return connection;
      } catch (SQLException | IOException | RuntimeException e) {
        closeQuietly(connection);
        throw e;
      }
    } catch (SQLException e) {
      throw logged(SqliteFailure.translate("cannot open " + file.path(), file.path(), e));
    } catch (IOException e) {
      throw logged(FileFailure.translate("cannot open " + file.path(), e));
    } catch (BangerException e) {
      throw logged(e);
    }
  }

  private static BangerException logged(BangerException e) {
    LOG.error("The store cannot be used: {}", e.getMessage());
    return e;
  }

  /** A connection with everything that SQLite forgets from one connection to the next. */
  Connection connect() throws SQLException {
    NativeLibrary.load();
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    // A record that was reported as written must survive a loss of power.
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.enforceForeignKeys(true);
    config.setBusyTimeout(DatabaseFile.BUSY_TIMEOUT_MILLIS);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file.path().toAbsolutePath());
    return source.getConnection();
  }

  private Connection borrowReader() throws SQLException {
    synchronized (idleReaders) {
      if (closed) {
        throw stopped();
      }
      Connection connection = idleReaders.pollFirst();
      if (connection != null) {
        return connection;
      }
    }
    return connect();
  }

  private void giveBack(Connection connection) {
    synchronized (idleReaders) {
      if (!closed && idleReaders.size() < IDLE_READERS) {
        idleReaders.addFirst(connection);
        return;
      }
    }
    closeQuietly(connection);
  }

  private static BangerException stopped() {
    return new BangerException(
        ErrorCode.UPDATING, "the store is being stopped or updated; try again");
  }

  /** Lets the transaction that is running end, and closes the database. */
  @Deactivate
  void close() {
    boolean drained = false;
    try {
      drained = writing.tryLock(CLOSE_WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      closed = true;
      if (!drained) {
        LOG.warn("A transaction did not end within {} s; it is rolled back", CLOSE_WAIT_SECONDS);
      }
      closeConnections();
    } finally {
      if (drained) {
        writing.unlock();
      }
    }
  }

  private void closeConnections() {
    synchronized (idleReaders) {
      idleReaders.forEach(SqliteDatabase::closeQuietly);
      idleReaders.clear();
    }
    // Last, so that SQLite folds the write-ahead log into the database file.
    closeQuietly(writer);
    writer = null;
  }

  private static void closeQuietly(Connection connection) {
    if (connection == null) {
      return;
    }
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.warn("A connection of the store was not closed cleanly", e);
    }
  }
}
