// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.guest.ExecRequest;
import dev.banger.guest.ExecStreams;
import dev.banger.guest.TerminalSize;
import dev.banger.image.ImportImage;
import dev.banger.image.RegisterImage;
import dev.banger.kernel.BuildKernel;
import dev.banger.kernel.ImportKernel;
import dev.banger.kernel.PullKernelBundle;
import dev.banger.operation.Operation;
import dev.banger.operation.OperationService;
import dev.banger.runtime.Method.Call;
import dev.banger.runtime.Method.Handler;
import dev.banger.runtime.Parameters.None;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import dev.banger.wire.Json;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** The table of methods: what is not here does not exist. */
final class Methods {
  private final Map<String, Method<?>> table = new LinkedHashMap<>();
  private final Services services;
  private final BackgroundRequests background;
  private final Json json;
  private final Executor executor;
  private final String version;

  Methods(Services services, Operations operations, Json json, Executor executor, String version) {
    this.services = services;
    this.background = new BackgroundRequests(table, operations, json, executor);
    this.json = json;
    this.executor = executor;
    this.version = version;
    addDaemon();
    addOperations();
    addCommands();
    addVms();
    addGuests();
    addImages();
    addKernels();
    addConfiguration();
    addPlugins();
    addReleases();
    addDoctor();
  }

  /** The methods by name. */
  Map<String, Method<?>> table() {
    return Collections.unmodifiableMap(table);
  }

  /** Those who need no connection begin and watch operations here. */
  OperationService operations() {
    return background;
  }

  private <P> void add(String name, Class<P> parameters, Handler<P> handler) {
    table.put(name, new Method<>(name, parameters, false, handler));
  }

  private <P> void addAttached(String name, Class<P> parameters, Handler<P> handler) {
    table.put(name, new Method<>(name, parameters, true, handler));
  }

  private void addDaemon() {
    add("ping", None.class, (none, call) -> ping(call));
    add(
        "version",
        None.class,
        (none, call) -> Map.of("version", version, "protocol", MessageType.PROTOCOL_VERSION));
    add("daemon.status", None.class, (none, call) -> services.daemon(call.operation()).status());
    addAttached(
        "daemon.stop",
        None.class,
        (none, call) -> {
          services.daemon(call.operation()).stop();
          return null;
        });
  }

  private void addOperations() {
    addAttached(
        "operations.begin",
        Parameters.Begin.class,
        (request, call) -> {
          background.begin(request.method(), request.params(), call.operation());
          return Map.of("op_id", call.operation().id());
        });
    add("operations.list", None.class, (none, call) -> background.list());
    add(
        "operations.status",
        Parameters.OperationId.class,
        (named, call) -> background.status(named.opId()));
    add(
        "operations.cancel",
        Parameters.OperationId.class,
        (named, call) -> {
          background.cancel(named.opId(), call.operation());
          return null;
        });
  }

  private Object ping(Call call) {
    services.settle(call.operation());
    return Map.of("ready", services.complete());
  }

  private void addCommands() {
    addAttached(
        "command.run",
        Parameters.CommandRun.class,
        (request, call) -> {
          services.settle(call.operation());
          RemoteConsole console = new RemoteConsole(call.operation(), call.client(), json, request);
          return exitStatus(services.commands(call.operation()).run(request.argv(), console));
        });
    add(
        "command.complete",
        Parameters.CommandComplete.class,
        (request, call) ->
            services
                .commands(call.operation())
                .complete(request.words(), request.index(), call.operation()));
  }

  private void addVms() {
    add("vm.size", CreateVm.class, (request, call) -> services.vms(call.operation()).size(request));
    add("vm.list", None.class, (none, call) -> services.vms(call.operation()).list());
    add(
        "vm.show",
        Parameters.Reference.class,
        (vm, call) -> services.vms(call.operation()).find(vm.reference()));
    add(
        "vm.statistics",
        Parameters.Reference.class,
        (vm, call) -> services.vms(call.operation()).statistics(vm.reference(), call.operation()));
    add(
        "vm.create",
        Parameters.Create.class,
        (request, call) -> create(request, services.vms(call.operation()), call.operation()));
    add(
        "vm.start",
        Parameters.Reference.class,
        (vm, call) -> services.vms(call.operation()).start(vm.reference(), call.operation()));
    add(
        "vm.stop",
        Parameters.Stop.class,
        (vm, call) ->
            services.vms(call.operation()).stop(vm.reference(), vm.grace(), call.operation()));
    add(
        "vm.restart",
        Parameters.Stop.class,
        (vm, call) ->
            services.vms(call.operation()).restart(vm.reference(), vm.grace(), call.operation()));
    add(
        "vm.kill",
        Parameters.Kill.class,
        (vm, call) ->
            services.vms(call.operation()).kill(vm.reference(), vm.signal(), call.operation()));
    add(
        "vm.delete",
        Parameters.Reference.class,
        (vm, call) -> {
          services.vms(call.operation()).delete(vm.reference(), call.operation());
          return null;
        });
    add(
        "vm.abandon",
        Parameters.Reference.class,
        (vm, call) -> services.vms(call.operation()).abandon(vm.reference(), call.operation()));
    addVmChanges();
  }

  private void addVmChanges() {
    add(
        "vm.set",
        Parameters.Set.class,
        (vm, call) ->
            services.vms(call.operation()).set(vm.reference(), vm.change(), call.operation()));
    add(
        "vm.rename",
        Parameters.Rename.class,
        (vm, call) ->
            services.vms(call.operation()).rename(vm.reference(), vm.name(), call.operation()));
    add(
        "vm.touch",
        Parameters.Reference.class,
        (vm, call) -> services.vms(call.operation()).touch(vm.reference(), call.operation()));
    add(
        "vm.reset",
        Parameters.Reference.class,
        (vm, call) -> services.vms(call.operation()).reset(vm.reference(), call.operation()));
    add(
        "vm.prune",
        Parameters.Prune.class,
        (prune, call) -> services.vms(call.operation()).prune(prune.selection(), call.operation()));
  }

  private static Vm create(Parameters.Create request, VmService vms, Operation operation) {
    Vm vm = vms.create(request.request(), operation);
    if (!Boolean.TRUE.equals(request.start())) {
      return vm;
    }
    try {
      return vms.start(vm.id(), operation);
    } catch (BangerException e) {
      throw new BangerException(
          e.code(), e.getMessage() + "; the VM '" + vm.name() + "' is kept", e);
    }
  }

  private void addGuests() {
    addAttached("vm.exec", Parameters.Exec.class, this::exec);
    addAttached(
        "vm.put",
        Parameters.Put.class,
        (request, call) -> {
          services
              .guests(call.operation())
              .put(
                  request.reference(),
                  request.directory(),
                  call.client().stdin(),
                  call.operation());
          return null;
        });
    addAttached(
        "vm.get",
        Parameters.Get.class,
        (request, call) -> {
          services
              .guests(call.operation())
              .get(request.reference(), request.paths(), call.client().stdout(), call.operation());
          return null;
        });
    add(
        "vm.ping",
        Parameters.Reference.class,
        (vm, call) -> services.guests(call.operation()).ping(vm.reference(), call.operation()));
    add(
        "vm.listeners",
        Parameters.Reference.class,
        (vm, call) ->
            services.guests(call.operation()).listeners(vm.reference(), call.operation()));
    add(
        "vm.ssh_command",
        Parameters.SshCommand.class,
        (vm, call) -> services.guests(call.operation()).sshCommand(vm.reference(), vm.arguments()));
  }

  private Object exec(Parameters.Exec request, Call call) {
    ExecRequest command =
        new ExecRequest(
            request.argv(),
            request.environment(),
            request.directory(),
            request.user(),
            request.terminal());
    return exitStatus(
        services
            .guests(call.operation())
            .exec(request.reference(), command, new Streams(call.client()), call.operation()));
  }

  private static Map<String, Integer> exitStatus(int status) {
    return Map.of("exit_status", status);
  }

  private void addImages() {
    add("image.list", None.class, (none, call) -> services.images(call.operation()).list());
    add("image.catalog", None.class, (none, call) -> services.images(call.operation()).catalog());
    add(
        "image.show",
        Parameters.Reference.class,
        (image, call) -> services.images(call.operation()).find(image.reference()));
    add(
        "image.pull",
        Parameters.ImagePull.class,
        (image, call) -> services.images(call.operation()).pull(image.request(), call.operation()));
    add(
        "image.import",
        ImportImage.class,
        (image, call) -> services.images(call.operation()).importImage(image, call.operation()));
    add(
        "image.make_bundle",
        Parameters.MakeBundle.class,
        (bundle, call) ->
            services
                .images(call.operation())
                .makeBundle(bundle.reference(), bundle.directory(), call.operation()));
    add(
        "image.register",
        RegisterImage.class,
        (image, call) -> services.images(call.operation()).register(image, call.operation()));
    add(
        "image.promote",
        Parameters.Reference.class,
        (image, call) ->
            services.images(call.operation()).promote(image.reference(), call.operation()));
    add(
        "image.refresh_seed",
        Parameters.Reference.class,
        (image, call) ->
            services.images(call.operation()).refreshSeed(image.reference(), call.operation()));
    add(
        "image.rename",
        Parameters.Rename.class,
        (image, call) ->
            services
                .images(call.operation())
                .rename(image.reference(), image.name(), call.operation()));
    add("image.cache", None.class, (none, call) -> services.images(call.operation()).cache());
    add(
        "image.cache_prune",
        Parameters.CachePrune.class,
        (cache, call) ->
            services
                .images(call.operation())
                .pruneCache(cache.unused(), Boolean.TRUE.equals(cache.dryRun()), call.operation()));
    add(
        "image.delete",
        Parameters.Reference.class,
        (image, call) -> {
          services.images(call.operation()).delete(image.reference(), call.operation());
          return null;
        });
  }

  private void addKernels() {
    add("kernel.list", None.class, (none, call) -> services.kernels(call.operation()).list());
    add("kernel.catalog", None.class, (none, call) -> services.kernels(call.operation()).catalog());
    add(
        "kernel.show",
        Parameters.Name.class,
        (kernel, call) -> services.kernels(call.operation()).find(kernel.name()));
    add(
        "kernel.pull",
        Parameters.KernelPull.class,
        (kernel, call) ->
            services
                .kernels(call.operation())
                .pull(kernel.name(), Boolean.TRUE.equals(kernel.replace()), call.operation()));
    add(
        "kernel.pull_bundle",
        PullKernelBundle.class,
        (bundle, call) -> services.kernels(call.operation()).pullBundle(bundle, call.operation()));
    add(
        "kernel.import",
        ImportKernel.class,
        (kernel, call) ->
            services.kernels(call.operation()).importKernel(kernel, call.operation()));
    add(
        "kernel.build",
        BuildKernel.class,
        (kernel, call) -> services.kernels(call.operation()).build(kernel, call.operation()));
    add(
        "kernel.make_bundle",
        Parameters.KernelMakeBundle.class,
        (kernel, call) ->
            services
                .kernels(call.operation())
                .makeBundle(kernel.name(), kernel.directory(), call.operation()));
    add(
        "kernel.delete",
        Parameters.Name.class,
        (kernel, call) -> {
          services.kernels(call.operation()).delete(kernel.name(), call.operation());
          return null;
        });
  }

  private void addConfiguration() {
    add("config.list", None.class, (none, call) -> services.configuration(call.operation()).list());
    add(
        "config.get",
        Parameters.Name.class,
        (key, call) -> services.configuration(call.operation()).get(key.name()));
    add(
        "config.set",
        Parameters.ConfigSet.class,
        (change, call) ->
            services.configuration(call.operation()).set(change.values(), call.operation()));
    add(
        "config.unset",
        Parameters.ConfigUnset.class,
        (change, call) ->
            services.configuration(call.operation()).unset(change.names(), call.operation()));
  }

  private void addPlugins() {
    add(
        "plugin.list",
        Parameters.PluginList.class,
        (wanted, call) ->
            services.plugins(call.operation()).list(Boolean.TRUE.equals(wanted.all())));
    add(
        "plugin.info",
        Parameters.Name.class,
        (plugin, call) -> services.plugins(call.operation()).info(plugin.name()));
    add(
        "plugin.why",
        Parameters.Name.class,
        (plugin, call) -> services.plugins(call.operation()).why(plugin.name()));
    add(
        "plugin.examine",
        Parameters.PluginJar.class,
        (jar, call) -> services.plugins(call.operation()).examine(jar.from(), call.operation()));
    add(
        "plugin.install",
        Parameters.PluginJar.class,
        (jar, call) -> services.plugins(call.operation()).install(jar.from(), call.operation()));
    add(
        "plugin.remove",
        Parameters.Name.class,
        (plugin, call) ->
            services.plugins(call.operation()).remove(plugin.name(), call.operation()));
    add(
        "plugin.update",
        Parameters.PluginChange.class,
        (plugin, call) ->
            services
                .plugins(call.operation())
                .update(plugin.name(), plugin.from(), call.operation()));
    add(
        "plugin.await",
        Parameters.Name.class,
        (plugin, call) ->
            services.plugins(call.operation()).await(plugin.name(), call.operation()));
  }

  private void addReleases() {
    add(
        "release.examine",
        Parameters.Release.class,
        (release, call) ->
            services.releases(call.operation()).examine(release.from(), call.operation()));
    add(
        "release.update",
        Parameters.ReleaseChange.class,
        (release, call) ->
            services
                .releases(call.operation())
                .update(
                    release.from(),
                    release.plan(),
                    Boolean.TRUE.equals(release.restart()),
                    call.operation()));
    add(
        "release.latest",
        None.class,
        (none, call) -> services.releases(call.operation()).latest().orElse(null));
    add(
        "release.await",
        None.class,
        (none, call) -> services.releases(call.operation()).await(call.operation()));
  }

  private void addDoctor() {
    add(
        "doctor.examine",
        None.class,
        (none, call) -> new Examination(services.checks, executor).run(call.operation()));
  }

  /** The client's side of a command in a guest. */
  private record Streams(ClientChannel client) implements ExecStreams {
    @Override
    public InputStream stdin() {
      return client.stdin();
    }

    @Override
    public OutputStream stdout() {
      return client.stdout();
    }

    @Override
    public OutputStream stderr() {
      return client.stderr();
    }

    @Override
    public Operation.Registration onResize(Consumer<TerminalSize> listener) {
      return client.onResize(listener);
    }

    @Override
    public Operation.Registration onSignal(IntConsumer listener) {
      return client.onSignal(listener);
    }
  }
}
