// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecRequest;
import dev.banger.guest.ExecStreams;
import dev.banger.guest.TerminalSize;
import dev.banger.image.ImportImage;
import dev.banger.image.RegisterImage;
import dev.banger.kernel.BuildKernel;
import dev.banger.kernel.ImportKernel;
import dev.banger.kernel.PullKernelBundle;
import dev.banger.operation.Operation;
import dev.banger.runtime.Method.Call;
import dev.banger.runtime.Method.Handler;
import dev.banger.runtime.Parameters.None;
import dev.banger.vm.CreateVm;
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
  private final Operations operations;
  private final Json json;
  private final Executor executor;
  private final String version;

  Methods(Services services, Operations operations, Json json, Executor executor, String version) {
    this.services = services;
    this.operations = operations;
    this.json = json;
    this.executor = executor;
    this.version = version;
    addDaemon();
    addCommands();
    addVms();
    addGuests();
    addImages();
    addKernels();
    addDoctor();
  }

  /** The methods by name. */
  Map<String, Method<?>> table() {
    return Collections.unmodifiableMap(table);
  }

  private <P> void add(String name, Class<P> parameters, Handler<P> handler) {
    table.put(name, new Method<>(name, parameters, handler));
  }

  private void addDaemon() {
    add("ping", None.class, (none, call) -> ping(call));
    add(
        "version",
        None.class,
        (none, call) -> Map.of("version", version, "protocol", MessageType.PROTOCOL_VERSION));
    add("daemon.status", None.class, (none, call) -> services.daemon(call.operation()).status());
    add(
        "daemon.stop",
        None.class,
        (none, call) -> {
          services.daemon(call.operation()).stop();
          return null;
        });
    add("operations.list", None.class, (none, call) -> operations.list());
    add(
        "operations.cancel",
        Parameters.OperationId.class,
        (named, call) -> {
          if (!operations.cancel(named.opId(), "cancelled by " + call.operation().id())) {
            throw new BangerException(
                ErrorCode.NOT_FOUND, "no operation " + named.opId() + " is running");
          }
          return null;
        });
  }

  private Object ping(Call call) {
    services.settle(call.operation());
    return Map.of("ready", services.complete());
  }

  private void addCommands() {
    add(
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
        "vm.create",
        CreateVm.class,
        (request, call) -> services.vms(call.operation()).create(request, call.operation()));
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
  }

  private void addGuests() {
    add("vm.exec", Parameters.Exec.class, this::exec);
    add(
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
    add(
        "vm.get",
        Parameters.Get.class,
        (request, call) -> {
          services
              .guests(call.operation())
              .get(request.reference(), request.paths(), call.client().stdout(), call.operation());
          return null;
        });
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
