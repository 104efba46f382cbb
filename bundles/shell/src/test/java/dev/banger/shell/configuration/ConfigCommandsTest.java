// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.operation.Operation;
import dev.banger.shell.CommandLab;
import dev.banger.shell.FakeConsole;
import dev.banger.shell.TestJson;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigCommandsTest {
  private final CommandLab lab = new CommandLab();

  private List<String> complete(String... words) {
    return lab.commands().complete(List.of(words), words.length - 1, Operation.background());
  }

  @Test
  void lists_what_is_in_force_and_marks_what_is_not() {
    assertThat(lab.run("config", "list")).isZero();
    assertThat(lab.out())
        .isEqualTo(
            """
            KEY             VALUE                SOURCE
            vm.hypervisor   decided by the host  host
            vm.memoryMib !  512                  user's file
            vm.vcpus        2 (0)                host
            """);
    assertThat(lab.err())
        .isEqualTo("! /config/dev.banger.vm.cfg: memoryMib: 'much' is no whole number\n");
  }

  @Test
  void lists_as_json() {
    lab.run("config", "list", "--json");
    assertThat(TestJson.tree(lab.out()).at("/settings/2/in_force").asText()).isEqualTo("2");
    assertThat(TestJson.tree(lab.out()).at("/problems/0/key").asText()).isEqualTo("memoryMib");
  }

  @Test
  void gets_the_bare_value() {
    lab.run("config", "get", "vm.vcpus");
    assertThat(lab.out()).isEqualTo("2\n");
    lab.console = new FakeConsole();
    lab.run("config", "get", "vm.hypervisor");
    assertThat(lab.out()).isEqualTo("decided by the host\n");
    lab.console = new FakeConsole();
    lab.run("config", "get", "vm.vcpus", "--json");
    assertThat(TestJson.tree(lab.out()).get("source").asText()).isEqualToIgnoringCase("host");
  }

  @Test
  void sets_several_keys_at_once_and_values_that_look_like_options() {
    assertThat(lab.run("config", "set", "vm.memoryMib", "512")).isZero();
    assertThat(lab.out()).isEmpty();
    assertThat(lab.err()).isEmpty();
    lab.run("config", "set", "vm.memoryMib", "600", "vm.vcpus", "2");
    lab.run("config", "set", "vm.memoryMib", "-1");
    assertThat(lab.configuration.calls)
        .containsExactly(
            "set {vm.memoryMib=512}",
            "set {vm.memoryMib=600, vm.vcpus=2}",
            "set {vm.memoryMib=-1}");
  }

  @Test
  void a_key_without_a_value_is_wrong_usage() {
    assertThat(lab.run("config", "set", "vm.memoryMib", "600", "vm.vcpus")).isEqualTo(2);
    assertThat(lab.run("config", "set", "vm.memoryMib")).isEqualTo(2);
    assertThat(lab.configuration.calls).isEmpty();
  }

  @Test
  void says_when_something_goes_before_what_was_written() {
    lab.run("config", "set", "vm.vcpus", "3");
    assertThat(lab.err()).isEqualTo("written, but host goes before: vm.vcpus is 0\n");
  }

  @Test
  void unset_prints_what_is_underneath() {
    lab.run("config", "unset", "vm.vcpus");
    assertThat(lab.out()).isEqualTo("vm.vcpus  2 (0)  host\n");
  }

  @Test
  void completes_keys() {
    assertThat(complete("config", "get", "vm.v")).containsExactly("vm.vcpus");
    assertThat(complete("config", "set", "vm.m")).containsExactly("vm.memoryMib");
    assertThat(complete("config", "set", "vm.memoryMib", "")).isEmpty();
    assertThat(complete("config", "unset", "vm.vcpus", "vm.")).doesNotContain("vm.vcpus");
  }
}
