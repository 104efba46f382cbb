// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.kernel;

/**
 * A kernel that can be pulled by name.
 *
 * @param name its name
 * @param architecture such as {@code amd64}
 * @param description what it is, in a line
 * @param pulled whether a kernel of that name is here
 */
public record CatalogKernel(String name, String architecture, String description, boolean pulled) {}
