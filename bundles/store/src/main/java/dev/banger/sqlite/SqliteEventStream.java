// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.error.BangerException;
import dev.banger.event.Event;
import dev.banger.event.EventStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events as rows of the table {@code events}. One thread writes what was appended meanwhile in one
 * transaction, so that nobody whose machine starts waits for the disk, and tells the listeners.
 */
@Component
public final class SqliteEventStream implements EventStream {
  private static final Logger LOG = LoggerFactory.getLogger(SqliteEventStream.class);

  /** Some hundred bytes each. */
  static final int KEPT = 20_000;

  /** How many may wait while the disk is slow. */
  private static final int WAITING = 10_000;

  private static final long READ_WAIT_MILLIS = 10_000;
  private static final long LEAVE_WAIT_MILLIS = 5000;

  private final SqliteDatabase database;
  private final EventListeners listeners;
  private final int kept;
  private final RecordCodec<Event> codec = new RecordCodec<>(Event.class);
  private final Thread writer = new Thread(this::writeAll, "event-writer");
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // Guarded by the lock.
  private final Queue<Event> waiting = new ArrayDeque<>();
  private long appended;
  private long settled;
  private boolean leaving;
  private volatile long lastNumber;

  @Activate
  public SqliteEventStream(
      @Reference SqliteDatabase database, @Reference EventListeners listeners) {
    this(database, listeners, KEPT);
  }

  SqliteEventStream(SqliteDatabase database, EventListeners listeners, int kept) {
    this.database = database;
    this.listeners = listeners;
    this.kept = kept;
    writer.setDaemon(true);
    writer.start();
  }

  /** Writes what waits. */
  @Deactivate
  void leave() throws InterruptedException {
    lock.lock();
    try {
      leaving = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    writer.join(LEAVE_WAIT_MILLIS);
  }

  @Override
  public void append(Event event) {
    lock.lock();
    try {
      if (waiting.size() >= WAITING || leaving) {
        LOG.warn("the event \"{}\" of {} is lost", event.kind(), event.vmName());
        return;
      }
      waiting.add(event);
      appended++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void writeAll() {
    try {
      for (List<Event> batch = take(); !batch.isEmpty(); batch = take()) {
        List<Event> written = write(batch);
        // First: a listener that comes once they can be read must not hear of them.
        listeners.tell(written);
        settle(batch.size());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What waits, as soon as something does; nothing at the end. */
  private List<Event> take() throws InterruptedException {
    lock.lock();
    try {
      while (waiting.isEmpty() && !leaving) {
        changed.await();
      }
      List<Event> batch = new ArrayList<>(waiting);
      waiting.clear();
      return batch;
    } finally {
      lock.unlock();
    }
  }

  private void settle(int count) {
    lock.lock();
    try {
      settled += count;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Writes events; nothing when they are lost. */
  private List<Event> write(List<Event> batch) {
    try {
      List<Event> written =
          database.write("append events", connection -> insert(connection, batch));
      lastNumber = written.get(written.size() - 1).number();
      return written;
    } catch (RuntimeException e) {
      LOG.warn("{} events are lost: {}", batch.size(), e.getMessage());
      return List.of();
    }
  }

  private List<Event> insert(Connection connection, List<Event> batch) throws SQLException {
    List<Event> numbered = new ArrayList<>(batch.size());
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO events (vm_id, vm_name, document) VALUES (?, ?, ?) RETURNING number")) {
      for (Event event : batch) {
        insert.setString(1, event.vmId());
        insert.setString(2, event.vmName());
        insert.setString(3, codec.encode(event));
        try (ResultSet row = insert.executeQuery()) {
          row.next();
          numbered.add(event.numbered(row.getLong(1)));
        }
      }
    }
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM events WHERE number <= ?")) {
      delete.setLong(1, numbered.get(numbered.size() - 1).number() - kept);
      delete.executeUpdate();
    }
    return numbered;
  }

  @Override
  public List<Event> after(long after, String vmId, int limit) {
    return read(
        "SELECT number, document FROM events WHERE number > ?1 AND (?2 IS NULL OR vm_id = ?2)"
            + " ORDER BY number LIMIT ?3",
        after,
        vmId,
        limit);
  }

  @Override
  public List<Event> latest(String vmId, int limit) {
    List<Event> events =
        read(
            "SELECT number, document FROM events WHERE number > ?1 AND (?2 IS NULL OR vm_id = ?2)"
                + " ORDER BY number DESC LIMIT ?3",
            0,
            vmId,
            limit);
    Collections.reverse(events);
    return events;
  }

  @Override
  public String lastNamed(String vmName) {
    awaitSettled();
    return database.read(
        "read events",
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT vm_id FROM events WHERE vm_name = ? ORDER BY number DESC LIMIT 1")) {
            select.setString(1, vmName);
            try (ResultSet row = select.executeQuery()) {
              return row.next() ? row.getString(1) : null;
            }
          }
        });
  }

  @Override
  public long lastNumber() {
    return lastNumber;
  }

  private List<Event> read(String sql, long after, String vmId, int limit) {
    awaitSettled();
    return database.read(
        "read events",
        connection -> {
          try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, after);
            select.setString(2, vmId);
            select.setInt(3, limit);
            try (ResultSet rows = select.executeQuery()) {
              return decode(rows);
            }
          }
        });
  }

  private List<Event> decode(ResultSet rows) throws SQLException {
    List<Event> events = new ArrayList<>();
    while (rows.next()) {
      long number = rows.getLong(1);
      try {
        events.add(codec.decode("event " + number, rows.getString(2)).numbered(number));
      } catch (BangerException e) {
        // The others still tell what happened.
        LOG.warn("{}", e.getMessage());
      }
    }
    return events;
  }

  /** Waits until what was appended before is written or lost. */
  private void awaitSettled() {
    lock.lock();
    try {
      long all = appended;
      long left = TimeUnit.MILLISECONDS.toNanos(READ_WAIT_MILLIS);
      while (settled < all && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
