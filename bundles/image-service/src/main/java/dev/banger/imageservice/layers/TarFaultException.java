// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import java.io.IOException;

/** A tar says something that cannot be. */
final class TarFaultException extends IOException {
  private static final long serialVersionUID = 1L;

  TarFaultException(String message) {
    super(message);
  }

  TarFaultException(String message, Throwable cause) {
    super(message, cause);
  }
}
