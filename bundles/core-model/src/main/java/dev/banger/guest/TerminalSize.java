// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.guest;

/**
 * The size of a terminal.
 *
 * @param rows 1 to 65535
 * @param columns 1 to 65535
 */
public record TerminalSize(int rows, int columns) {}
