// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/**
 * Container images out of registries: {@link dev.banger.imageservice.oci.OciPuller} takes a
 * reference and gives the description of an image whose blobs are verified and lie in the {@link
 * dev.banger.imageservice.oci.BlobCache}. What a registry sends is not trusted: every digest and
 * size is checked, everything that is read into memory is bounded.
 */
package dev.banger.imageservice.oci;
