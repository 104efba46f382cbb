// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.importing;

/**
 * A part of a disk.
 *
 * @param number as Linux counts it
 * @param offset where it begins, in bytes
 * @param length in bytes
 * @param type its type's GUID in lower case, or the byte of an MBR in hex
 * @param name its name in a GPT, or empty
 */
record Partition(int number, long offset, long length, String type, String name) {}
