// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import org.junit.jupiter.api.Test;

class HostAptSettingsTest {
  private final FakeHost host = new FakeHost();

  @Test
  void only_how_archives_are_reached_is_taken_over() {
    HostAptSettings settings =
        read(
            """
            APT "";
            APT::Architecture "amd64";
            APT::Update::Pre-Invoke:: "rm -rf /";
            DPkg::Post-Invoke:: "evil";
            Dir::Etc::sourcelist "elsewhere";
            Apt::Default-Release "unstable";
            Acquire "";
            Acquire::AllowInsecureRepositories "true";
            Acquire::Retries "3";
            Acquire::http::Timeout "10";
            Acquire::https::CaInfo "/etc/ca.pem";
            Acquire::http::Proxy::mirror.local "DIRECT";
            Acquire::ForceIPv4 "true";
            XAcquire::Retries "3";
            """);

    assertThat(settings.lines())
        .containsExactly(
            "Acquire::Retries \"3\";",
            "Acquire::http::Timeout \"10\";",
            "Acquire::https::CaInfo \"/etc/ca.pem\";",
            "Acquire::http::Proxy::mirror.local \"DIRECT\";",
            "Acquire::ForceIPv4 \"true\";");
    assertThat(settings.publicLines()).isEqualTo(settings.lines());
    assertThat(settings.proxyEnvironment()).isEmpty();
  }

  @Test
  void proxies_become_the_environment_and_are_no_public_lines() {
    HostAptSettings settings =
        read(
            """
            Acquire::http::Proxy "http://me:secret@proxy:3128";
            Acquire::https::Proxy "http://proxy:3129/";
            Acquire::Retries "3";
            """);

    assertThat(settings.proxyEnvironment())
        .containsEntry("http_proxy", "http://me:secret@proxy:3128")
        .containsEntry("https_proxy", "http://proxy:3129/")
        .hasSize(2);
    assertThat(settings.publicLines()).containsExactly("Acquire::Retries \"3\";");
    assertThat(settings.lines()).hasSize(3);
  }

  @Test
  void names_count_however_they_are_written_as_apt_has_it() {
    HostAptSettings settings = read("acquire::HTTP::proxy \"http://proxy:3128\";\n");

    assertThat(settings.proxyEnvironment()).containsEntry("http_proxy", "http://proxy:3128");
    assertThat(settings.publicLines()).isEmpty();
  }

  @Test
  void no_proxy_at_all_has_no_variable() {
    HostAptSettings settings =
        read("Acquire::http::Proxy \"DIRECT\";\nAcquire::https::Proxy \"\";\n");

    assertThat(settings.proxyEnvironment()).isEmpty();
  }

  @Test
  void a_configuration_that_apt_cannot_read_is_said_with_apts_words() {
    host.on(
        "apt-config dump", command -> FakeHost.failed(100, "E: Syntax error apt.conf:1: Extra\n"));

    assertThatThrownBy(() -> HostAptSettings.read(host, Operation.background()))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNFIT))
        .hasMessageContaining("Syntax error apt.conf:1");
  }

  private HostAptSettings read(String dump) {
    host.on("apt-config dump", command -> FakeHost.succeeded(dump));
    return HostAptSettings.read(host, Operation.background());
  }
}
