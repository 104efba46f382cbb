// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
/**
 * Work seeds: small file systems with what an image has in /root. {@link
 * dev.banger.imageservice.workseed.WorkSeed} is the way in; the rest reads file systems of the ext
 * family, which are hostile: nothing of one becomes a name of this host, and whatever a number in
 * it says is checked before it is believed.
 */
package dev.banger.imageservice.workseed;
