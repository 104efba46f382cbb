// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class LoadOrderTest {
  private final Map<String, KernelModule> available = new HashMap<>();

  @Test
  void a_module_comes_after_what_it_needs_and_once() {
    module("virtio_blk", "virtio_ring", "virtio");
    module("virtio_net", "net_failover", "virtio_ring");
    module("net_failover", "failover");
    module("failover");
    module("virtio_ring", "virtio");
    module("virtio");

    assertThat(LoadOrder.of(List.of("virtio_blk", "virtio_net"), available))
        .containsExactly(
            "virtio", "virtio_ring", "virtio_blk", "failover", "net_failover", "virtio_net");
  }

  @Test
  void names_with_hyphens_are_the_same_modules() {
    module("crc32c_intel");

    assertThat(LoadOrder.of(List.of("crc32c-intel"), available)).containsExactly("crc32c_intel");
  }

  @Test
  void modules_that_are_built_in_or_missing_are_left_out() {
    module("overlay", "built_in");

    assertThat(LoadOrder.of(List.of("fuse", "overlay"), available)).containsExactly("overlay");
  }

  @Test
  void a_circle_is_ordered_somehow_and_ends() {
    module("a", "b");
    module("b", "c");
    module("c", "a");
    module("self", "self");

    assertThat(LoadOrder.of(List.of("a", "self"), available))
        .containsExactly("c", "b", "a", "self");
  }

  @Property
  void in_any_graph_without_circles_each_comes_after_its_needs(
      @ForAll("graphs") List<List<Integer>> graph) {
    Map<String, KernelModule> modules = new HashMap<>();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < graph.size(); i++) {
      List<String> needs = new ArrayList<>();
      for (int need : graph.get(i)) {
        if (i > 0) {
          needs.add("m" + need % i);
        }
      }
      names.add(0, "m" + i);
      modules.put("m" + i, new KernelModule("m" + i, needs));
    }

    List<String> order = LoadOrder.of(names, modules);

    assertThat(order).containsExactlyInAnyOrderElementsOf(names);
    modules
        .values()
        .forEach(
            module ->
                assertThat(order.subList(0, order.indexOf(module.name())))
                    .containsAll(module.needs()));
  }

  @Provide
  Arbitrary<List<List<Integer>>> graphs() {
    return Arbitraries.integers().between(0, 100).list().ofMaxSize(4).list().ofMaxSize(30);
  }

  @Test
  void a_module_says_its_name_and_what_must_be_before_it() throws IOException {
    byte[] content =
        KernelSamples.moduleOf(
            "softdep=pre: crc32c-x  sha post: late\0depends=virtio,virtio-ring\0name=vir-tio_blk\0");

    assertThat(KernelModule.read("file-name", content))
        .isEqualTo(
            new KernelModule("vir_tio_blk", List.of("crc32c_x", "sha", "virtio", "virtio_ring")));
  }

  @Test
  void a_module_without_a_name_has_its_files() throws IOException {
    assertThat(KernelModule.read("crc32c-intel", KernelSamples.moduleOf("depends=\0")))
        .isEqualTo(new KernelModule("crc32c_intel", List.of()));
  }

  @Test
  void a_name_that_leads_out_of_its_directory_is_refused() {
    for (String name : List.of("../escape", "/etc/passwd", "", "a b", "a\nb", "x".repeat(65))) {
      byte[] content = KernelSamples.module(name);
      assertThatThrownBy(() -> KernelModule.read("good", content))
          .as(name)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("impossible name");
    }
  }

  @Test
  void a_file_that_is_no_module_is_refused() {
    assertThatThrownBy(() -> KernelModule.read("some", KernelSamples.vmlinux()))
        .hasMessageContaining("not a kernel module");
  }

  private void module(String name, String... needs) {
    available.put(name, new KernelModule(name, List.of(needs)));
  }
}
