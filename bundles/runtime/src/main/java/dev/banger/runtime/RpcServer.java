// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.operation.Operation;
import dev.banger.operation.OperationService;
import dev.banger.plugin.Drain;
import dev.banger.wire.Json;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.SynchronousBundleListener;
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

  /** For a successor to come; longer than a bad update is tried before its predecessor returns. */
  private static final Duration SUCCESSION = Duration.ofSeconds(30);

  /** For requests that end by themselves when the server stops. */
  private static final Duration FINISH = Duration.ofMillis(500);

  /**
   * Requests older than this may last for ever. They go on with this server's code when another one
   * comes; nobody waits for them, or every call would wait as long.
   */
  private static final Duration YOUNG = Duration.ofMillis(50);

  private static final Duration PAUSE = Duration.ofMillis(5);

  /** Whether the socket is still where clients look for it. */
  private static final Duration LOOK = Duration.ofSeconds(2);

  private static final FileAttribute<?> OWN =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  /** For requests that are cancelled when the server stops. */
  private static final Duration DRAIN = Duration.ofSeconds(5);

  private static final Duration AFTER_ACCEPT_FAILURE = Duration.ofMillis(100);

  private final Services services;
  private final Operations operations;
  private final OperationService background;
  private final AtomicBoolean left = new AtomicBoolean();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final List<Runnable> registrations = new ArrayList<>();
  private final Dispatcher dispatcher;
  private final PeerCheck peers;
  private final SocketHandover handover;
  private final Supplier<Departure> departure;
  private final Duration young;
  private final Path path;
  // Both are guarded by this.
  private RpcSocket socket;
  private Thread acceptor;

  private final ExecutorService threads = threads();
  private final ScheduledThreadPoolExecutor timer = timer();
  private final Future<?> look;
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
        FrameworkDaemon.version(context),
        SocketHandover.of(context, FrameworkDaemon.socket(directories)),
        () -> Departure.of(context),
        YOUNG);
    // Not a service of this component: the commands need it, and this component needs the commands.
    register(context.registerService(OperationService.class, background, null));
    register(context.registerService(Drain.class, new RequestDrain(), null));
    SynchronousBundleListener listener = this::frameworkChanges;
    context.addBundleListener(listener);
    registrations.add(() -> context.removeBundleListener(listener));
  }

  private void register(ServiceRegistration<?> service) {
    registrations.add(service::unregister);
  }

  /**
   * Commands undo what they did, and remove what they made for themselves, with services that leave
   * before this one: so they are ended before any of them does.
   */
  void frameworkChanges(BundleEvent event) {
    if (event.getType() == BundleEvent.STOPPING && event.getBundle().getBundleId() == 0) {
      stop();
    }
  }

  /** One without predecessor and successor. */
  RpcServer(
      Path path,
      PeerCheck peers,
      Services services,
      Operations operations,
      Json json,
      String version)
      throws IOException {
    this(
        path,
        peers,
        services,
        operations,
        json,
        version,
        SocketHandover.none(),
        () -> Departure.END,
        YOUNG);
  }

  RpcServer(
      Path path,
      PeerCheck peers,
      Services services,
      Operations operations,
      Json json,
      String version,
      SocketHandover handover,
      Supplier<Departure> departure,
      Duration young)
      throws IOException {
    this.path = path;
    this.handover = handover;
    this.departure = departure;
    this.young = young;
    this.services = services;
    this.operations = operations;
    this.peers = peers;
    Methods methods = new Methods(services, operations, json, threads, version);
    this.background = methods.operations();
    this.dispatcher = new Dispatcher(methods.table(), operations, json, threads);
    begin(listen());
    this.look =
        timer.scheduleWithFixedDelay(
            this::reappear, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
  }

  private synchronized void begin(RpcSocket listening) {
    socket = listening;
    acceptor = daemonThread(() -> acceptAll(listening), "rpc-accept");
    acceptor.start();
    LOG.info("Listening on {}", path);
  }

  /** Whoever removes the run directory under a daemon must not cut it off from its clients. */
  synchronized void reappear() {
    if (!socket.isOpen() || Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    LOG.warn("{} was removed; it is made anew", path);
    try {
      Files.createDirectories(path.getParent(), OWN);
      requirePrivate(path.getParent());
      RpcSocket again = RpcSocket.listen(path);
      socket.abandon();
      begin(again);
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} cannot be made anew", path, e);
    }
  }

  private static void requirePrivate(Path directory) throws IOException {
    Object own = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    Object owner = Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    int mode = (Integer) Files.getAttribute(directory, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    if (!own.equals(owner) || (mode & 0170077) != 0040000) {
      throw new BangerException(
          ErrorCode.UNAUTHORIZED, directory + " is not a directory that belongs to us alone");
    }
  }

  private RpcSocket listen() throws IOException {
    Optional<ServerSocketChannel> left = handover.take();
    return left.isPresent() ? RpcSocket.resume(path, left.get()) : RpcSocket.listen(path);
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

  private void acceptAll(RpcSocket listening) {
    while (listening.isOpen()) {
      try {
        serve(listening.accept());
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

  /** Leaves the field to a successor when there may be one, and ends all when the daemon stops. */
  @Deactivate
  void close() {
    registrations.forEach(Runnable::run);
    switch (departure.get()) {
      case END -> stop();
      case UPDATE -> {
        leaveSocket();
        // What waits for a service may wait for one that comes after this server has gone.
        awaitYoungRequests(services::isWaitedFor);
      }
      // What is served has its code still, and may wait for what comes after this server has gone.
      case RENEWAL -> leaveSocket();
    }
  }

  /**
   * Clients that come wait in the socket's queue for the successor; those that are served are
   * served to their end, by this server. Its threads end when they have nothing to do.
   */
  private synchronized void leaveSocket() {
    if (left.getAndSet(true)) {
      return;
    }
    look.cancel(false);
    try {
      BooleanSupplier takeBack = handover.leave(socket.leave());
      timer.schedule(
          () -> {
            if (takeBack.getAsBoolean()) {
              LOG.warn("Nobody has come to serve {}", path);
              closeSocket();
            }
          },
          SUCCESSION.toMillis(),
          TimeUnit.MILLISECONDS);
      acceptor.join(FINISH.toMillis());
    } catch (IOException e) {
      LOG.warn("The socket cannot be handed over", e);
      closeSocket();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** An announced update lets requests end while all services are still there. */
  private final class RequestDrain implements Drain {
    @Override
    public void pause() {
      leaveSocket();
    }

    @Override
    public void drain(Operation operation) {
      // Who waits for a service that is being updated waits here or in the socket's queue alike.
      operation.await(() -> !services.isWaitedFor() || operation.ended(), PAUSE);
      awaitYoungRequests(() -> false);
    }
  }

  private synchronized void closeSocket() {
    try {
      socket.close();
    } catch (IOException e) {
      LOG.warn("The socket was not removed", e);
    }
  }

  /** Stops listening, lets requests end or cancels them, and gives up on the rest. */
  private void stop() {
    if (stopped.getAndSet(true)) {
      return;
    }
    closeSocket();
    if (!awaitRequests(FINISH)) {
      operations.cancelAll(whyLeaving());
      if (!awaitRequests(DRAIN)) {
        LOG.warn("{} requests did not end in time", operations.running());
      }
    }
    connections.forEach(Connection::close);
    timer.shutdownNow();
    threads.shutdown();
    operations.cancelAll(whyLeaving()); // what was begun in the background at the last moment
  }

  private boolean awaitRequests(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    return await(
        () -> connections.isEmpty() && operations.running() == 0,
        () -> System.nanoTime() - deadline >= 0);
  }

  /** Nobody comes any more: after a moment those that are left are old. */
  private void awaitYoungRequests(BooleanSupplier vain) {
    boolean unused =
        await(() -> connections.stream().noneMatch(each -> each.isYoungerThan(young)), vain);
  }

  private static boolean await(BooleanSupplier condition, BooleanSupplier vain) {
    while (!condition.getAsBoolean()) {
      if (vain.getAsBoolean()) {
        return false;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
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
