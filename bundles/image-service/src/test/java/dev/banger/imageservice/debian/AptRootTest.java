// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.imageservice.HostTool;
import dev.banger.imageservice.storage.FileDigest;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real apt and a small archive that is signed by a key of the test's own. */
@Timeout(60)
class AptRootTest {
  @TempDir Path home;
  private final FakeHost commands = new FakeHost();
  private final Operation operation = Operation.background();
  private Path archive;
  private Path keyring;
  private Path into;
  private byte[] deb;
  private AptRoot apt;

  @BeforeEach
  void publish() throws IOException {
    for (String program : List.of("apt-get", "apt-cache", "apt-config", "gpg", "gpgconf")) {
      HostTool.require(program);
    }
    for (String program : List.of("apt-get", "apt-cache")) {
      commands.on(program, this::run);
    }
    archive = Files.createDirectory(home.resolve("archive"));
    into = Files.createDirectory(home.resolve("into"));
    Files.createDirectory(home.resolve("gnupg"));
    deb = PackageSamples.busybox();
    Files.write(archive.resolve("sample_1_amd64.deb"), deb);
    gpg("--passphrase", "", "--quick-gen-key", "Tests <tests@example.org>", "ed25519", "sign");
    keyring = home.resolve("keyring.gpg");
    gpg("--output", keyring.toString(), "--export");
    writePackages("sample");
    sign("bookworm", "bookworm-updates", "bookworm-security");
    apt = root("apt");
  }

  @AfterEach
  void endAgent() {
    if (Files.exists(home.resolve("gnupg"))) {
      execute(
          List.of("gpgconf", "--homedir", home.resolve("gnupg").toString(), "--kill", "all"),
          Map.of(),
          home);
    }
  }

  @Test
  void a_signed_archive_gives_a_package_whole() throws IOException {
    apt.update("amd64", operation);
    AptRoot.Candidate candidate = apt.candidate("sample", operation);
    Path file = apt.download(candidate, into, operation);

    assertThat(candidate)
        .isEqualTo(
            new AptRoot.Candidate(
                "sample", "1", "other (>= 2)", deb.length, FileDigest.sha256(deb)));
    assertThat(file).hasBinaryContent(deb);
  }

  @Test
  void a_package_that_is_not_there_is_named() throws IOException {
    apt.update("amd64", operation);

    assertThatThrownBy(() -> apt.candidate("missing", operation))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("missing");
  }

  @Test
  void lists_that_were_changed_after_they_were_signed_are_refused() throws IOException {
    Path packages = archive.resolve("dists/bookworm/main/binary-amd64/Packages");
    Files.writeString(packages, Files.readString(packages).replace("other", "evil."));

    assertRefused("");
  }

  @Test
  void a_release_that_was_changed_after_it_was_signed_is_refused() throws IOException {
    Path release = archive.resolve("dists/bookworm-security/InRelease");
    Files.writeString(release, Files.readString(release).replace("Origin: Tests", "Origin: Evil."));

    assertRefused("bookworm-security");
  }

  @Test
  void an_archive_without_a_signature_is_refused() throws IOException {
    for (String suite : List.of("bookworm", "bookworm-updates", "bookworm-security")) {
      Files.delete(archive.resolve("dists").resolve(suite).resolve("InRelease"));
    }

    assertRefused("is not signed");
  }

  @Test
  void a_signature_by_another_key_is_refused() throws IOException {
    endAgent();
    Files.delete(keyring);
    Files.move(home.resolve("gnupg"), home.resolve("other"));
    Files.createDirectory(home.resolve("gnupg"));
    gpg("--passphrase", "", "--quick-gen-key", "Others <others@example.org>", "ed25519", "sign");
    gpg("--output", keyring.toString(), "--export");

    assertRefused("");
  }

  @Test
  void a_package_that_is_not_the_lists_is_refused() throws IOException {
    apt.update("amd64", operation);
    AptRoot.Candidate candidate = apt.candidate("sample", operation);
    byte[] other = deb.clone();
    other[other.length - 50] ^= 1;
    Files.write(archive.resolve("sample_1_amd64.deb"), other);

    assertThatThrownBy(() -> apt.download(candidate, into, operation))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("sample");
  }

  @Test
  void what_the_host_trusts_and_runs_does_not_count() throws IOException {
    // As it would be read from the host's own directory of settings.
    commands.on(
        "apt-config dump",
        command ->
            FakeHost.succeeded(
                "APT::Update::Pre-Invoke:: \"touch "
                    + home.resolve("evil")
                    + "\";\nAcquire::AllowInsecureRepositories \"true\";\n"));
    apt.update("amd64", operation);
    assertThat(home.resolve("evil")).doesNotExist();

    an_archive_without_a_signature_is_refused();
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> root("fresh").update("amd64", operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OPERATION_FAILED))
        .hasMessageContaining("cannot fetch the package lists of Debian bookworm")
        .hasMessageContaining(message);
  }

  private AptRoot root(String name) {
    String url = "file:" + archive;
    return new AptRoot(
        home.resolve(name), "bookworm", new DebianSources(url, url, keyring.toString()), commands);
  }

  private void writePackages(String name) throws IOException {
    for (String suite : List.of("bookworm", "bookworm-updates", "bookworm-security")) {
      Path directory =
          Files.createDirectories(
              archive.resolve("dists").resolve(suite).resolve("main/binary-amd64"));
      String stanza =
          """
          Package: %s
          Version: 1
          Architecture: amd64
          Depends: other (>= 2)
          Filename: sample_1_amd64.deb
          Size: %d
          SHA256: %s

          """
              .formatted(name, deb.length, FileDigest.sha256(deb));
      Files.writeString(directory.resolve("Packages"), suite.equals("bookworm") ? stanza : "");
    }
  }

  private void sign(String... suites) throws IOException {
    for (String suite : suites) {
      Path directory = archive.resolve("dists").resolve(suite);
      FileDigest packages = FileDigest.of(directory.resolve("main/binary-amd64/Packages"));
      Path release = directory.resolve("Release");
      Files.writeString(
          release,
          """
          Origin: Tests
          Suite: %s
          Codename: %s
          Date: Sat, 01 Jun 2024 10:00:00 UTC
          Architectures: amd64
          Components: main
          SHA256:
           %s %d main/binary-amd64/Packages
          """
              .formatted(suite, suite, packages.sha256(), packages.size()));
      gpg("--output", directory.resolve("InRelease").toString(), "--clearsign", release.toString());
    }
  }

  private void gpg(String... arguments) {
    List<String> argv = new ArrayList<>();
    argv.addAll(List.of("gpg", "--batch", "--pinentry-mode", "loopback", "--homedir"));
    argv.add(home.resolve("gnupg").toString());
    argv.addAll(List.of(arguments));
    CommandResult result = execute(argv, Map.of(), home);
    assertThat(result.status()).as(result.stderr()).isZero();
  }

  private CommandResult run(HostCommand command) {
    return execute(
        command.argv(),
        command.environment(),
        command.directory() == null ? home : command.directory());
  }

  private CommandResult execute(
      List<String> argv, Map<String, String> environment, Path directory) {
    try {
      Path out = Files.createTempFile(home, "out", "");
      Path err = Files.createTempFile(home, "err", "");
      ProcessBuilder builder = new ProcessBuilder(argv).directory(directory.toFile());
      builder.environment().putAll(environment);
      Process process =
          builder
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      int status = process.waitFor();
      return new CommandResult(
          status,
          new String(Files.readAllBytes(out), UTF_8),
          new String(Files.readAllBytes(err), UTF_8));
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
