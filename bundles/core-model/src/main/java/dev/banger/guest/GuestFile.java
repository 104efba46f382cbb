// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.guest;

/**
 * A file that a guest is given.
 *
 * @param path absolute path in the guest. Below /run it is placed there; elsewhere it covers the
 *     image's file without changing it
 * @param mode permission bits
 * @param content its bytes
 */
@SuppressWarnings("ArrayRecordComponent") // content is written once and never compared
public record GuestFile(String path, int mode, byte[] content) {}
