// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginSource;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings jars here. */
final class Fetching {
  private static final Logger LOG = LoggerFactory.getLogger(Fetching.class);

  private final Staging staging;
  private final Path localRepository;
  private final URI repository;
  private final Web web;

  /**
   * @param repository ends with a slash
   */
  Fetching(Staging staging, Path localRepository, URI repository, Web web) {
    this.staging = staging;
    this.localRepository = localRepository;
    this.repository = repository;
    this.web = web;
  }

  /**
   * Takes a copy of what a source names.
   *
   * @throws BangerException NOT_FOUND or UNAVAILABLE when it cannot be had; BAD_REQUEST when it is
   *     no bundle; CORRUPT when it has another digest
   */
  StagedJar fetch(PluginSource source, Operation operation) {
    operation.check();
    StagedJar staged = bring(source.location(), operation);
    if (source.sha256() != null && !source.sha256().equals(staged.facts().sha256())) {
      staged.close();
      throw new BangerException(
          ErrorCode.CORRUPT,
          source.location()
              + " has the sha256 "
              + staged.facts().sha256()
              + " and not the one that was given: it is damaged, or another file");
    }
    return staged;
  }

  /** Takes a copy of a file that is trusted already. */
  StagedJar copyOf(Path jar) {
    return staging.copyOf(jar, Operation.background());
  }

  private StagedJar bring(String location, Operation operation) {
    if (location.startsWith("mvn:")) {
      return fromMaven(MavenCoordinates.of(location), operation);
    }
    if (PluginSource.isWeb(location)) {
      return download(Web.address(location), operation);
    }
    return staging.copyOf(Path.of(location), operation);
  }

  private StagedJar fromMaven(MavenCoordinates wanted, Operation operation) {
    Path local = localRepository.resolve(wanted.path());
    if (Files.isRegularFile(local)) {
      return staging.copyOf(local, operation);
    }
    if (wanted.version().endsWith("-SNAPSHOT")) {
      throw new BangerException(
          ErrorCode.NOT_FOUND,
          "there is no " + local + ", and snapshots are taken from the local repository only");
    }
    URI address = repository.resolve(wanted.path());
    StagedJar jar = download(address, operation);
    try {
      verify(address, jar, operation);
      return jar;
    } catch (RuntimeException e) {
      jar.close();
      throw e;
    }
  }

  /** Repositories have a sha256 beside newer artefacts and a sha1 beside all. */
  private void verify(URI address, StagedJar jar, Operation operation) {
    for (String algorithm : new String[] {"SHA-256", "SHA-1"}) {
      String suffix = algorithm.toLowerCase(Locale.ROOT).replace("-", "");
      try {
        String wanted = web.text(URI.create(address + "." + suffix), operation).strip();
        if (!wanted.split("\\s", 2)[0].equalsIgnoreCase(Digests.of(jar.file(), algorithm))) {
          throw new BangerException(
              ErrorCode.CORRUPT, address + " is not what its ." + suffix + " says: it is damaged");
        }
        return;
      } catch (BangerException e) {
        if (e.code() != ErrorCode.NOT_FOUND) {
          throw e;
        }
        LOG.debug("{} has no .{}", address, suffix);
      } catch (IOException e) {
        throw new BangerException(ErrorCode.OPERATION_FAILED, e.getMessage(), e);
      }
    }
    throw new BangerException(
        ErrorCode.CORRUPT, address + " has no checksum beside it and cannot be verified");
  }

  private StagedJar download(URI address, Operation operation) {
    operation.progress().stage("download", "downloading " + address);
    try (InputStream in = web.open(address, operation)) {
      return staging.take(in, address.toString(), operation);
    } catch (IOException e) {
      operation.check();
      throw new BangerException(
          ErrorCode.UNAVAILABLE, address + " broke off: " + e.getMessage(), e);
    }
  }
}
