// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/**
 * Images in one file, {@code .tar.zst}, as they are carried between hosts: written by {@link
 * dev.banger.imageservice.bundle.BundleWriter}, read by {@link
 * dev.banger.imageservice.bundle.BundleImageSource} from files and from the network. What is read
 * is hostile until its digests are checked.
 */
package dev.banger.imageservice.bundle;
