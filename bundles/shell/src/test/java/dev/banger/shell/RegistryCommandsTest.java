// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.kernel.BuildKernel;
import dev.banger.kernel.ImportKernel;
import dev.banger.kernel.PullKernelBundle;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RegistryCommandsTest {
  private final CommandLab lab = new CommandLab();

  @Test
  void lists_images_and_the_catalog() {
    assertThat(lab.run("image", "list")).isZero();
    assertThat(lab.out())
        .startsWith(
            "ID            NAME             DISTRIBUTION  RELEASE   KERNEL        SIZE   ON DISK")
        .contains("debian-bookworm  debian        bookworm  debian-cloud  2 GiB  600 MiB");
    lab.console = new FakeConsole();
    lab.run("image", "catalog");
    assertThat(lab.out())
        .containsPattern("debian-bookworm .* pulled +Debian 12\n")
        .containsPattern("debian-trixie .* available +Debian 13\n");
  }

  @Test
  void shows_images_and_kernels_with_their_files() {
    lab.run("image", "show", "debian", "--json");
    assertThat(TestJson.tree(lab.out()).get("rootfs").asText())
        .isEqualTo("/state/images/0123456789ab/rootfs.ext4");
    assertThat(TestJson.tree(lab.out()).get("work_seed").asText())
        .isEqualTo("/state/images/0123456789ab/work-seed.ext4");
    lab.console = new FakeConsole();
    lab.run("image", "show", "debian");
    assertThat(lab.out())
        .containsPattern("work seed: +/state/images/0123456789ab/work-seed.ext4\n");
    lab.console = new FakeConsole();
    lab.run("kernel", "show", "debian-cloud");
    assertThat(lab.out()).contains("vmlinux:       /state/kernels/debian-cloud/vmlinux\n");
  }

  @Test
  void pulling_an_image_prints_its_name_and_keeps_progress_off_standard_output() {
    assertThat(lab.run("image", "pull", "debian-trixie")).isZero();
    assertThat(lab.images.calls)
        .containsExactly("pull " + dev.banger.image.PullImage.of("debian-trixie"));
    assertThat(lab.out()).isEqualTo("debian-bookworm\n");
    assertThat(lab.err()).isEqualTo("downloading packages (100 B)\n");
  }

  @Test
  void refreshing_a_seed_prints_its_path() {
    assertThat(lab.run("image", "refresh-seed", "debian-bookworm")).isZero();
    assertThat(lab.images.calls).containsExactly("refresh seed debian-bookworm");
    assertThat(lab.out()).isEqualTo("/state/images/0123456789ab/work-seed.ext4\n");
  }

  @Test
  void pulling_what_no_catalog_has_is_refused_before_the_host_is_touched() {
    assertThatThrownBy(() -> lab.run("kernel", "pull", "nope"))
        .hasMessageContaining("the catalog has no kernel 'nope'")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(lab.kernels.calls).isEmpty();
  }

  @Test
  void kernels_are_listed_pulled_and_deleted_by_name() {
    lab.run("kernel", "list");
    assertThat(lab.out()).contains("debian-cloud  6.1.0-49-cloud-amd64  amd64");
    lab.console = new FakeConsole();
    lab.run("kernel", "list", "--available", "--json");
    assertThat(TestJson.tree(lab.out()).at("/0/pulled").asBoolean()).isTrue();
    lab.run("kernel", "pull", "debian-cloud");
    lab.run("kernel", "pull", "--force", "debian-cloud");
    lab.run("kernel", "rm", "debian-cloud");
    assertThat(lab.kernels.calls)
        .containsExactly(
            "pull debian-cloud false", "pull debian-cloud true", "delete debian-cloud");
  }

  @Test
  void importing_and_bundling_take_paths_from_the_persons_directory() {
    assertThat(lab.run("image", "import", "disk.qcow2", "--name", "cloud", "--size", "4G"))
        .isZero();
    assertThat(lab.run("image", "make-bundle", "debian", "--json")).isZero();
    assertThat(lab.run("image", "pull", "./box.tar.zst", "--sha256", "ab")).isZero();

    java.nio.file.Path directory = lab.console.directory();
    assertThat(lab.images.calls)
        .containsExactly(
            "import ImportImage[path=%s, name=cloud, kernel=null, sizeBytes=%d]"
                .formatted(directory.resolve("disk.qcow2"), 4L << 30),
            "bundle debian " + directory,
            "pull PullImage[source=%s, name=null, kernel=null, sizeBytes=null, insecure=false, sha256=ab]"
                .formatted(directory.resolve("box.tar.zst")));
  }

  @Test
  void kernels_are_imported_built_and_bundled_with_paths_from_the_callers_directory() {
    Path here = lab.console.directory();

    lab.run("kernel", "import", "mine", "--from", "linux", "--acpi", "off", "--replace");
    lab.run("kernel", "import", "host", "--vmlinuz", "/boot/vmlinuz", "--modules", "m");
    lab.run("kernel", "build", "--config", "more.config", "--jobs", "3");
    lab.run("kernel", "make-bundle", "debian-cloud", "--output", "out");
    lab.run("kernel", "pull", "k.tar.zst", "--sha256", "00ff", "--name", "other");
    lab.run("kernel", "pull", "https://host/k.tar.zst", "--sha256", "00ff", "--replace");

    assertThat(lab.kernels.calls)
        .containsExactly(
            new ImportKernel("mine", here.resolve("linux"), null, null, null, false, true)
                .toString(),
            new ImportKernel(
                    "host", null, Path.of("/boot/vmlinuz"), here.resolve("m"), null, null, false)
                .toString(),
            new BuildKernel("microvm", "bookworm", here.resolve("more.config"), 3, false)
                .toString(),
            "make-bundle debian-cloud " + here.resolve("out"),
            new PullKernelBundle(here.resolve("k.tar.zst").toString(), "00ff", "other", false)
                .toString(),
            new PullKernelBundle("https://host/k.tar.zst", "00ff", null, true).toString());
    assertThat(lab.out()).contains(here.resolve("out/k.tar.zst") + " 00ff\n");
  }

  @Test
  void words_that_do_not_go_together_call_no_service() {
    assertThatThrownBy(() -> lab.run("kernel", "pull", "debian-cloud", "--sha256", "00ff"))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("for bundles");
    assertThatThrownBy(() -> lab.run("kernel", "import", "k", "--from", "x", "--acpi", "maybe"))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("on or off");

    assertThat(lab.kernels.calls).isEmpty();
  }

  @Test
  void an_image_is_deleted_by_any_reference() {
    assertThat(lab.run("image", "delete", "0123")).isZero();
    assertThat(lab.images.calls).containsExactly("delete 0123456789ab");
    assertThat(lab.out()).isEqualTo("debian-bookworm\n");
  }
}
