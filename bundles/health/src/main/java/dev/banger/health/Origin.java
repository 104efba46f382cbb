// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.health;

/** The service property by which what was translated here is known, and not translated back. */
final class Origin {
  static final String PROPERTY = "dev.banger.health.origin";
  static final String MARK = PROPERTY + "=translated";
  static final String OF_OTHERS = "(!(" + PROPERTY + "=*))";

  private Origin() {}
}
