// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.host;

import dev.banger.operation.Operation;
import java.io.InputStream;
import org.osgi.annotation.versioning.ProviderType;

/** A running command whose output is read while it runs. Closing it ends it and its children. */
@ProviderType
public interface HostProcess extends AutoCloseable {
  /** What it writes. Must be read to its end by the caller. */
  InputStream stdout();

  /**
   * Waits for its end.
   *
   * @return how it ended; {@code stdout} is empty
   * @throws dev.banger.error.BangerException CANCELLED or DEADLINE_EXCEEDED; the process is ended
   *     then
   */
  CommandResult await(Operation operation);

  @Override
  void close();
}
