// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.kernel.BuildKernel;

/** Compiles kernels. */
public interface KernelBuilder {
  /**
   * How the wanted kernel is made. Nothing has begun when this returns.
   *
   * @throws dev.banger.error.BangerException BAD_REQUEST when the request is not sound; HOST_UNFIT
   *     when the host lacks tools, which are named
   */
  KernelRecipe recipe(BuildKernel request);
}
