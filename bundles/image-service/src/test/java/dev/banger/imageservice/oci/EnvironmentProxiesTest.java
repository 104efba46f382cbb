// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnvironmentProxiesTest {
  private static String proxyFor(String target, Map<String, String> environment) {
    ProxySelector proxies = EnvironmentProxies.select(name -> null, environment);
    InetSocketAddress address =
        (InetSocketAddress) proxies.select(URI.create(target)).get(0).address();
    return address == null ? "direct" : address.getHostString() + ":" + address.getPort();
  }

  @Test
  void each_scheme_has_its_proxy() {
    Map<String, String> environment =
        Map.of("https_proxy", "http://p.example:3128", "HTTP_PROXY", "q.example:8080");
    assertThat(proxyFor("https://r.example/v2/", environment)).isEqualTo("p.example:3128");
    assertThat(proxyFor("http://r.example/v2/", environment)).isEqualTo("q.example:8080");
    assertThat(proxyFor("https://r.example/v2/", Map.of("all_proxy", "a.example:1")))
        .isEqualTo("a.example:1");
    assertThat(proxyFor("https://r.example/v2/", Map.of())).isEqualTo("direct");
    assertThat(proxyFor("https://r.example/v2/", Map.of("https_proxy", "  "))).isEqualTo("direct");
  }

  @ParameterizedTest
  @CsvSource({
    "https://r.example/,        direct",
    "https://sub.r.example/,    direct",
    "https://notr.example/,     p:1",
    "https://dotted.example/,   direct",
    "https://a.dotted.example/, direct",
    "https://port.example:5000/, direct",
    "https://port.example/,     p:1",
    "https://other.example/,    p:1",
    "https://127.0.0.1:5000/,   direct",
    "https://localhost/,        direct",
  })
  void no_proxy_lists_hosts_domains_and_ports(String target, String proxy) {
    Map<String, String> environment =
        Map.of("https_proxy", "p:1", "no_proxy", "r.example, .dotted.example,port.example:5000");
    assertThat(proxyFor(target, environment)).isEqualTo(proxy);
  }

  @Test
  void a_star_turns_proxies_off() {
    assertThat(proxyFor("https://r.example/", Map.of("https_proxy", "p:1", "NO_PROXY", "*")))
        .isEqualTo("direct");
  }

  @Test
  void javas_properties_win() {
    ProxySelector selected =
        EnvironmentProxies.select(
            name -> name.equals("https.proxyHost") ? "p" : null, Map.of("https_proxy", "q:1"));
    assertThat(selected).isSameAs(ProxySelector.getDefault());
  }

  @Test
  void refuses_proxies_it_cannot_use_without_showing_their_password() {
    assertThatThrownBy(() -> proxyFor("https://r/", Map.of("https_proxy", "http://me:secret@p:1")))
        .hasMessageContaining("password")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret"));
    assertThatThrownBy(() -> proxyFor("https://r/", Map.of("https_proxy", "socks5://p:1")))
        .hasMessageContaining("http://host:port");
    assertThatThrownBy(() -> proxyFor("https://r/", Map.of("https_proxy", "http://a b")))
        .hasMessageContaining("no address");
  }
}
