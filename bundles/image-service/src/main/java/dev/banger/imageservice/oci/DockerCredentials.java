// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import com.google.cloud.tools.jib.api.Credential;
import com.google.cloud.tools.jib.registry.credentials.DockerConfigCredentialRetriever;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The credentials that a person gave to {@code docker login}: from Docker's config.json or from the
 * credential helpers that it names. Read anew each time; nothing of it is ever logged.
 *
 * @param config Docker's config.json; it need not exist
 */
record DockerCredentials(Path config) {
  // A helper may ask the person to unlock a key ring.
  private static final Duration HELPER_LIMIT = Duration.ofSeconds(60);

  /**
   * The credentials for a registry; empty when there are none.
   *
   * @throws BangerException BAD_REQUEST when the file cannot be read; CANCELLED or
   *     DEADLINE_EXCEEDED
   */
  Optional<Credential> find(String server, Operation operation) {
    FutureTask<Optional<Credential>> finding = new FutureTask<>(() -> read(server));
    Operation limited = operation.within(HELPER_LIMIT);
    Thread thread = new Thread(finding, "banger-registry-credentials");
    thread.setDaemon(true);
    try (Operation.Registration leaving = limited.onCancel(() -> finding.cancel(true))) {
      thread.start();
      return finding.get(limited.remaining().orElseThrow().toNanos(), TimeUnit.NANOSECONDS);
    } catch (CancellationException e) {
      limited.check();
      throw e;
    } catch (TimeoutException e) {
      operation.check();
      throw new BangerException(
          ErrorCode.DEADLINE_EXCEEDED,
          "a credential helper that %s names does not answer for %s".formatted(config, server));
    } catch (ExecutionException e) {
      // Without the cause: a parser's message may quote what stands in the file.
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "cannot read %s; mend it, or log in again with 'docker login'".formatted(config));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BangerException(ErrorCode.CANCELLED, "interrupted", e);
    }
  }

  private Optional<Credential> read(String server) throws IOException {
    return DockerConfigCredentialRetriever.create(server, config).retrieve(event -> {});
  }
}
