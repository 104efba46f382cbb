// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

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
import java.util.List;

/** One kernel. */
final class FakeKernels implements KernelService {
  private final Path directory;
  private final Faults faults;

  FakeKernels(Path directory, Faults faults) {
    this.directory = directory;
    this.faults = faults;
  }

  @Override
  public List<Kernel> list() {
    return List.of(find("kernel"));
  }

  @Override
  public List<CatalogKernel> catalog() {
    return List.of();
  }

  @Override
  public Kernel find(String name) {
    return new Kernel(
        name, "6", "amd64", directory, directory, directory, "0", true, "test", Instant.EPOCH);
  }

  @Override
  public Kernel resolve(String name, Operation operation) {
    faults.at("kernel");
    return find(name);
  }

  @Override
  public Kernel pull(String name, boolean replace, Operation operation) {
    return find(name);
  }

  @Override
  public Kernel pullBundle(PullKernelBundle request, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Kernel importKernel(ImportKernel request, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Kernel build(BuildKernel request, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public KernelBundle makeBundle(String name, Path to, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void delete(String name, Operation operation) {}

  @Override
  public BootFiles bootFiles(String name, Operation operation) {
    faults.at("boot_files");
    return new BootFiles(directory.resolve("vmlinux"), directory.resolve("initramfs"), true);
  }
}
