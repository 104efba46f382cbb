// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

/** How a command ended and what it wrote. */
record Outcome(int status, String stdout, String stderr) {}
