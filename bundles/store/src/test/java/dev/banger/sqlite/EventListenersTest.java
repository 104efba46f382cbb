// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.event.Event;
import dev.banger.event.EventListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class EventListenersTest {
  private final EventListeners listeners = new EventListeners();
  private final BlockingQueue<Event> heard = new LinkedBlockingQueue<>();
  private final EventListener good = heard::add;
  private final CountDownLatch released = new CountDownLatch(1);

  @AfterEach
  void release() {
    released.countDown();
    listeners.remove(good);
  }

  private static Event event(long number) {
    return new Event(number, Records.SOME_TIME, "started", "id", "web", "op-1", Map.of());
  }

  private static List<Event> events(long from, long to) {
    return LongStream.rangeClosed(from, to).mapToObj(EventListenersTest::event).toList();
  }

  private List<Long> hear(int count) throws InterruptedException {
    List<Long> numbers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Event event = heard.poll(20, TimeUnit.SECONDS);
      assertThat(event).as("event %d of %d", i + 1, count).isNotNull();
      numbers.add(event.number());
    }
    return numbers;
  }

  @Test
  void a_listener_hears_what_is_written_from_its_arrival_on(@TempDir Path directory)
      throws InterruptedException {
    SqliteDatabase database =
        new SqliteDatabase(directory.resolve("banger.db"), Schema.CURRENT, "1.0.0");
    SqliteEventStream stream = new SqliteEventStream(database, listeners);
    stream.append(event(0));
    assertThat(stream.after(0, null, 10)).hasSize(1);
    listeners.add(good, "test");
    for (int i = 0; i < 500; i++) {
      stream.append(event(0));
    }

    assertThat(hear(500)).isEqualTo(LongStream.rangeClosed(2, 501).boxed().toList());
    assertThat(stream.after(0, null, 1000)).hasSize(501);
    stream.leave();
    database.close();
  }

  @Test
  void each_listener_has_one_thread_and_its_own_class_loader() throws InterruptedException {
    Set<Thread> threads = new HashSet<>();
    EventListener observer =
        event -> {
          threads.add(Thread.currentThread());
          heard.add(event);
        };
    listeners.add(observer, "observer");
    listeners.tell(events(1, 100));
    hear(100);

    assertThat(threads)
        .singleElement()
        .satisfies(
            thread ->
                assertThat(thread.getContextClassLoader())
                    .isSameAs(observer.getClass().getClassLoader()));
    listeners.remove(observer);
  }

  @Test
  void one_that_throws_hears_the_next_event() throws InterruptedException {
    EventListener failing =
        event -> {
          heard.add(event);
          throw new NoClassDefFoundError("something");
        };
    listeners.add(failing, "failing");
    listeners.tell(events(1, 3));

    assertThat(hear(3)).containsExactly(1L, 2L, 3L);
    listeners.remove(failing);
  }

  @Test
  void one_that_hangs_holds_up_nobody_and_loses_its_backlog() throws InterruptedException {
    BlockingQueue<Long> slow = new LinkedBlockingQueue<>();
    CountDownLatch hanging = new CountDownLatch(1);
    EventListener hung =
        event -> {
          slow.add(event.number());
          hanging.countDown();
          await(released);
        };
    ListenerThread thread = new ListenerThread(hung, "hung");
    thread.start();
    thread.tell(event(1));
    assertThat(hanging.await(20, TimeUnit.SECONDS)).isTrue();
    listeners.add(good, "good");
    int more = ListenerThread.WAITING + 1;

    // One that waits and is waited for would never come back here.
    for (Event event : events(2, more)) {
      thread.tell(event);
      listeners.tell(List.of(event));
      assertThat(hear(1)).containsExactly(event.number());
    }
    assertThat(thread.dropped()).isZero();
    thread.tell(event(more + 1));
    assertThat(thread.dropped()).isEqualTo(ListenerThread.WAITING);

    released.countDown();
    assertThat(slow.poll(20, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(slow.poll(20, TimeUnit.SECONDS)).isEqualTo(more + 1);
    thread.leave();
  }

  @Test
  void one_that_hangs_when_it_leaves_is_interrupted() throws InterruptedException {
    CountDownLatch hanging = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    EventListener hung =
        event -> {
          hanging.countDown();
          await(released);
          if (Thread.currentThread().isInterrupted()) {
            interrupted.countDown();
          }
        };
    listeners.add(hung, "hung");
    listeners.tell(events(1, 2));
    assertThat(hanging.await(20, TimeUnit.SECONDS)).isTrue();

    long before = System.nanoTime();
    listeners.remove(hung);

    assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(15));
  }

  @Test
  void one_that_has_left_hears_nothing_more() throws InterruptedException {
    listeners.add(good, "good");
    listeners.tell(events(1, 1));
    hear(1);

    listeners.remove(good);
    listeners.tell(events(2, 2));

    assertThat(heard).isEmpty();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
