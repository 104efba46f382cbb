// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

/**
 * An image that can be pulled by name.
 *
 * @param name its name
 * @param distribution such as {@code debian}
 * @param release such as {@code bookworm}
 * @param architecture such as {@code amd64}
 * @param kernel the kernel that it wants
 * @param description what it holds, in a line
 * @param pulled whether an image of that name is here
 */
public record CatalogImage(
    String name,
    String distribution,
    String release,
    String architecture,
    String kernel,
    String description,
    boolean pulled) {}
