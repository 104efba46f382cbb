// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.kernel.BootFiles;
import dev.banger.kernel.BuildKernel;
import dev.banger.kernel.CatalogKernel;
import dev.banger.kernel.ImportKernel;
import dev.banger.kernel.Kernel;
import dev.banger.kernel.KernelBundle;
import dev.banger.kernel.KernelService;
import dev.banger.kernel.PullKernelBundle;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** One kernel that is here and in the catalog. */
public final class FakeKernels implements KernelService {
  public final List<String> calls = new ArrayList<>();
  private final Kernel kernel =
      new Kernel(
          "debian-cloud",
          "6.1.0-49-cloud-amd64",
          "amd64",
          Path.of("/state/kernels/debian-cloud"),
          Path.of("/state/kernels/debian-cloud/vmlinux"),
          Path.of("/state/kernels/debian-cloud/modules"),
          "00ff",
          true,
          "debian",
          Instant.parse("2026-01-02T03:04:05Z"));

  @Override
  public List<Kernel> list() {
    return List.of(kernel);
  }

  @Override
  public List<CatalogKernel> catalog() {
    return List.of(new CatalogKernel("debian-cloud", "amd64", "Debian's cloud kernel", true));
  }

  @Override
  public Kernel find(String name) {
    if (name.equals(kernel.name())) {
      return kernel;
    }
    throw new BangerException(ErrorCode.NOT_FOUND, "kernel '" + name + "' not found");
  }

  @Override
  public Kernel resolve(String name, Operation operation) {
    return find(name);
  }

  @Override
  public Kernel pull(String name, boolean replace, Operation operation) {
    calls.add("pull " + name + " " + replace);
    return kernel;
  }

  @Override
  public Kernel pullBundle(PullKernelBundle request, Operation operation) {
    calls.add(request.toString());
    return kernel;
  }

  @Override
  public Kernel importKernel(ImportKernel request, Operation operation) {
    calls.add(request.toString());
    return kernel;
  }

  @Override
  public Kernel build(BuildKernel request, Operation operation) {
    calls.add(request.toString());
    return kernel;
  }

  @Override
  public KernelBundle makeBundle(String name, Path directory, Operation operation) {
    calls.add("make-bundle " + name + " " + directory);
    return new KernelBundle(directory.resolve("k.tar.zst"), "00ff", 42);
  }

  @Override
  public void delete(String name, Operation operation) {
    calls.add("delete " + name);
  }

  @Override
  public BootFiles bootFiles(String name, Operation operation) {
    throw new UnsupportedOperationException();
  }
}
