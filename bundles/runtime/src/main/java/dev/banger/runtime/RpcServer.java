// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.wire.Json;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens on the daemon's socket as long as this component is active. */
@Component(
    service = {},
    immediate = true)
public final class RpcServer {
  private static final Logger LOG = LoggerFactory.getLogger(RpcServer.class);

  /** Each may take two threads and a window of input; far more than a person's clients. */
  static final int CONNECTION_LIMIT = 256;

  /** For requests that end by themselves when the server stops. */
  private static final Duration FINISH = Duration.ofMillis(500);

  /** For requests that are cancelled when the server stops. */
  private static final Duration DRAIN = Duration.ofSeconds(5);

  private static final Duration AFTER_ACCEPT_FAILURE = Duration.ofMillis(100);

  private final Operations operations;
  private final Dispatcher dispatcher;
  private final PeerCheck peers;
  private final RpcSocket socket;
  private final ExecutorService threads = threads();
  private final ScheduledThreadPoolExecutor timer = timer();
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final Semaphore free = new Semaphore(CONNECTION_LIMIT);

  @Activate
  public RpcServer(
      BundleContext context,
      @Reference BangerDirectories directories,
      @Reference Services services,
      @Reference Operations operations,
      @Reference Json json)
      throws IOException {
    this(
        FrameworkDaemon.socket(directories),
        new OwnerAndRoot(directories.run()),
        services,
        operations,
        json,
        FrameworkDaemon.version(context));
  }

  RpcServer(
      Path path,
      PeerCheck peers,
      Services services,
      Operations operations,
      Json json,
      String version)
      throws IOException {
    this.operations = operations;
    this.peers = peers;
    Methods methods = new Methods(services, operations, json, threads, version);
    this.dispatcher = new Dispatcher(methods.table(), operations, json, threads);
    this.socket = RpcSocket.listen(path);
    Thread acceptor = new Thread(this::acceptAll, "rpc-accept");
    acceptor.setDaemon(true);
    acceptor.start();
    LOG.info("Listening on {}", path);
  }

  private static ExecutorService threads() {
    AtomicInteger number = new AtomicInteger();
    return new ThreadPoolExecutor(
        0,
        Integer.MAX_VALUE, // bounded by the connections, see serve
        10,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        task -> daemonThread(task, "rpc-" + number.incrementAndGet()));
  }

  private static ScheduledThreadPoolExecutor timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(1, task -> daemonThread(task, "rpc-timer"));
    timer.setRemoveOnCancelPolicy(true);
    timer.setKeepAliveTime(10, TimeUnit.SECONDS);
    timer.allowCoreThreadTimeOut(true);
    return timer;
  }

  private static Thread daemonThread(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  private void acceptAll() {
    while (socket.isOpen()) {
      try {
        serve(socket.accept());
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException | RuntimeException | Error e) {
        LOG.error("A connection could not be accepted", e);
        pauseAfterFailure();
      }
    }
  }

  /** Out of file descriptors or memory, accept fails again at once. */
  private static void pauseAfterFailure() {
    try {
      TimeUnit.MILLISECONDS.sleep(AFTER_ACCEPT_FAILURE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(SocketChannel channel) throws IOException {
    if (connections.size() >= 2 * CONNECTION_LIMIT) {
      channel.close(); // not even a thread is left to say so
      return;
    }
    Connection connection = new Connection(channel, dispatcher, peers, threads, timer);
    boolean admitted = free.tryAcquire();
    boolean started = false;
    try {
      connections.add(connection);
      threads.execute(
          () -> {
            try {
              if (admitted) {
                connection.run();
              } else {
                connection.refuse(tooMany());
              }
            } finally {
              ended(connection, admitted);
            }
          });
      started = true;
    } finally {
      if (!started) {
        connection.close();
        ended(connection, admitted);
      }
    }
  }

  private void ended(Connection connection, boolean admitted) {
    connections.remove(connection);
    if (admitted) {
      free.release();
    }
  }

  private static BangerException tooMany() {
    return new BangerException(
        ErrorCode.UNAVAILABLE,
        "the daemon already serves " + CONNECTION_LIMIT + " connections; try again later");
  }

  /** Stops listening, lets requests end or cancels them, and gives up on the rest. */
  @Deactivate
  void close() {
    try {
      socket.close();
    } catch (IOException e) {
      LOG.warn("The socket was not removed", e);
    }
    if (!awaitConnections(FINISH)) {
      operations.cancelAll(whyLeaving());
      if (!awaitConnections(DRAIN)) {
        LOG.warn("{} requests did not end in time", connections.size());
      }
    }
    connections.forEach(Connection::close);
    timer.shutdownNow();
    threads.shutdown();
  }

  private boolean awaitConnections(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!connections.isEmpty()) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }

  /** Clients that were quick enough to meet a daemon that lacks a part are told what it lacks. */
  private static String whyLeaving() {
    String failure = System.getProperty("banger.start.failure");
    return failure == null
        ? "the daemon is being stopped or updated"
        : "the daemon cannot start: " + failure;
  }
}
