// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.sqlite.DatabaseFile.Inspection;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
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
  private static final String FILE_NAME = "banger.db";

  /** Enough for the few commands that read at once; more are opened and closed as needed. */
  private static final int IDLE_READERS = 4;

  private static final long CLOSE_WAIT_SECONDS = 5;

  private final DatabaseFile file;
  private final Schema schema;
  // Fair, so that under load no reservation waits longer than those before it take.
  private final ReentrantLock writing = new ReentrantLock(true);
  private final Deque<Connection> idleReaders = new ArrayDeque<>();
  private volatile Connection writer;
  private volatile boolean closed;

  @Activate
  public SqliteDatabase(@Reference BangerDirectories directories) {
    this(directories.state().resolve(FILE_NAME), Schema.CURRENT);
  }

  SqliteDatabase(Path path, Schema schema) {
    this.file = new DatabaseFile(path, schema);
    this.schema = schema;
  }

  static Path path(BangerDirectories directories) {
    return directories.state().resolve(FILE_NAME);
  }

  /** Runs work that only reads, on one consistent view. */
  <T> T read(String what, Transaction.Work<T> work) {
    ensureOpen();
    Connection connection = null;
    try {
      connection = borrowReader();
      T result = Transaction.READ.run(connection, work);
      giveBack(connection);
      connection = null;
      return result;
    } catch (SQLException e) {
      throw SqliteFailure.translate("cannot " + what, e);
    } finally {
      closeQuietly(connection);
    }
  }

  /** Runs work in a transaction of its own, alone; it is undone when the work throws. */
  <T> T write(String what, Transaction.Work<T> work) {
    ensureOpen();
    writing.lock();
    try {
      Connection connection = writer;
      if (connection == null) {
        throw stopped();
      }
      return Transaction.WRITE.run(connection, work);
    } catch (SQLException e) {
      throw SqliteFailure.translate("cannot " + what, e);
    } finally {
      writing.unlock();
    }
  }

  private void ensureOpen() {
    if (writer != null && !closed) {
      return;
    }
    writing.lock();
    try {
      if (closed) {
        throw stopped();
      }
      if (writer == null) {
        writer = open();
      }
    } finally {
      writing.unlock();
    }
  }

  private Connection open() {
    try {
      Inspection inspection = file.inspect();
      switch (inspection.condition()) {
        case NEWER, FOREIGN, DAMAGED -> throw inspection.refusal(file.path());
        case MISSING -> file.createIfMissing();
        case CURRENT, PENDING -> {}
      }
      Connection connection = connect();
      try {
        if (inspection.condition() == DatabaseFile.Condition.PENDING) {
          file.keepCopy(inspection.pending().get(0).id(), connection);
        }
        schema.migrate(connection);
        return connection;
      } catch (SQLException | IOException | RuntimeException e) {
        closeQuietly(connection);
        throw e;
      }
    } catch (SQLException e) {
      throw logged(SqliteFailure.translate("cannot open " + file.path(), e));
    } catch (IOException e) {
      throw logged(
          new BangerException(
              ErrorCode.OPERATION_FAILED, "cannot open " + file.path() + ": " + e, e));
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
        ErrorCode.UNAVAILABLE, "the store is being stopped or updated; try again");
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
      synchronized (idleReaders) {
        closed = true;
        idleReaders.forEach(SqliteDatabase::closeQuietly);
        idleReaders.clear();
      }
      if (!drained) {
        LOG.warn("A transaction did not end within {} s; it is rolled back", CLOSE_WAIT_SECONDS);
      }
      // Last, so that SQLite folds the write-ahead log into the database file.
      closeQuietly(writer);
      writer = null;
    } finally {
      if (drained) {
        writing.unlock();
      }
    }
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
