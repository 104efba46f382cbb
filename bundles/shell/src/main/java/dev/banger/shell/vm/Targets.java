// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.shell.output.Output;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.MDC;

/**
 * Several VMs for one verb: resolved from one snapshot, each taken once, served side by side, told
 * about in the order in which they were first named.
 */
final class Targets {
  private final VmService vms;
  private final Executor executor;
  private final Output output;

  Targets(VmService vms, Executor executor, Output output) {
    this.vms = vms;
    this.executor = executor;
    this.output = output;
  }

  /**
   * Serves every VM that is named.
   *
   * @param verb does it to one
   * @param told gets the result for each success
   * @return 0, or 1 when one of several failed
   * @throws BangerException when the only one failed
   */
  <T> int serve(List<String> references, Function<Vm, T> verb, Consumer<T> told) {
    List<CompletableFuture<T>> results = new ArrayList<>();
    Map<String, CompletableFuture<T>> started = new LinkedHashMap<>();
    List<Vm> snapshot = vms.list();
    for (String reference : references.stream().distinct().toList()) {
      try {
        Vm vm = resolve(reference, snapshot);
        if (!started.containsKey(vm.id())) {
          started.put(vm.id(), begin(vm, verb));
          results.add(started.get(vm.id()));
        }
      } catch (BangerException e) {
        results.add(CompletableFuture.failedFuture(e));
      }
    }
    return tell(results, told);
  }

  private <T> CompletableFuture<T> begin(Vm vm, Function<Vm, T> verb) {
    try {
      return CompletableFuture.supplyAsync(
          () -> {
            try (MDC.MDCCloseable unused = MDC.putCloseable("op_id", output.operation().id())) {
              return verb.apply(vm);
            }
          },
          executor);
    } catch (RejectedExecutionException e) {
      throw new BangerException(ErrorCode.UPDATING, "the commands are being updated; try again", e);
    }
  }

  private <T> int tell(List<CompletableFuture<T>> results, Consumer<T> told) {
    int status = 0;
    for (CompletableFuture<T> result : results) {
      try {
        told.accept(result.join());
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof BangerException failure)) {
          throw e;
        }
        if (results.size() == 1) {
          throw failure;
        }
        output.error(failure.getMessage());
        status = 1;
      }
    }
    return status;
  }

  static Vm resolve(String reference, List<Vm> snapshot) {
    if (reference.isEmpty()) {
      throw new BangerException(ErrorCode.BAD_REQUEST, "vm id or name is required");
    }
    // A name may look like an id.
    List<Vm> found = matching(snapshot, vm -> vm.id().equals(reference));
    if (found.isEmpty()) {
      found = matching(snapshot, vm -> vm.name().equals(reference));
    }
    if (found.isEmpty()) {
      found =
          matching(
              snapshot, vm -> vm.id().startsWith(reference) || vm.name().startsWith(reference));
    }
    if (found.isEmpty()) {
      throw new BangerException(
          ErrorCode.NOT_FOUND,
          "vm \"" + reference + "\" not found; 'banger vm list' shows them all");
    }
    if (found.size() > 1) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "multiple VMs match \""
              + reference
              + "\": "
              + String.join(", ", found.stream().map(Vm::name).toList()));
    }
    return found.get(0);
  }

  private static List<Vm> matching(List<Vm> snapshot, Predicate<Vm> predicate) {
    return snapshot.stream().filter(predicate).toList();
  }
}
