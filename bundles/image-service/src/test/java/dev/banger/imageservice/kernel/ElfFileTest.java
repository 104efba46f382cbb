// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElfFileTest {
  private static final byte[] KERNEL = KernelSamples.vmlinux();
  private static final byte[] MODULE = KernelSamples.module("virtio_blk", "virtio");

  @TempDir Path home;

  @Test
  void a_kernel_with_a_pvh_entry_can_be_booted() throws IOException {
    assertThatCode(ElfFile.of(KERNEL)::requireBootable).doesNotThrowAnyException();

    Path file = Files.write(home.resolve("vmlinux"), KERNEL);
    assertThatCode(ElfFile.open(file)::requireBootable).doesNotThrowAnyException();
  }

  @Test
  void the_pvh_entry_is_found_behind_other_notes() throws IOException {
    ByteArrayOutputStream notes = new ByteArrayOutputStream();
    notes.write(KernelSamples.note("GNU", 3));
    notes.write(KernelSamples.note("Linux", 18));
    notes.write(KernelSamples.note("Xen", 6));
    byte[] others = notes.toByteArray();
    notes.write(KernelSamples.note("Xen", 18));

    assertThatCode(ElfFile.of(KernelSamples.vmlinux(notes.toByteArray()))::requireBootable)
        .doesNotThrowAnyException();
    assertThatThrownBy(ElfFile.of(KernelSamples.vmlinux(others))::requireBootable)
        .hasMessageContaining("PVH");
  }

  @Test
  void a_note_of_that_type_without_a_name_is_only_skipped() throws IOException {
    ByteArrayOutputStream notes = new ByteArrayOutputStream();
    ByteBuffer nameless = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    nameless.putInt(0).putInt(4).putInt(18).putInt(-1);
    notes.write(nameless.array());
    notes.write(KernelSamples.note("Xen", 18));

    assertThatCode(ElfFile.of(KernelSamples.vmlinux(notes.toByteArray()))::requireBootable)
        .doesNotThrowAnyException();
  }

  @Test
  void a_note_that_claims_to_be_longer_than_all_is_no_entry() throws IOException {
    byte[] note = KernelSamples.note("Xen", 18);
    Arrays.fill(note, 4, 8, (byte) 0xff);

    assertThatThrownBy(ElfFile.of(KernelSamples.vmlinux(note))::requireBootable)
        .hasMessageContaining("PVH");
  }

  @Test
  void a_kernel_whose_end_is_missing_is_refused() throws IOException {
    ElfFile file = ElfFile.of(Arrays.copyOf(KERNEL, KERNEL.length - 1));

    assertThatThrownBy(file::requireBootable).hasMessageContaining("truncated");
  }

  @Test
  void absurd_numbers_are_refused() throws IOException {
    assertThatThrownBy(() -> bootable(54, (short) 8)).hasMessageContaining("8 bytes");
    assertThatThrownBy(() -> bootable(56, (short) -1)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> bootable(56, (short) 0)).hasMessageContaining("PVH");
    for (long offset : new long[] {-1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32}) {
      byte[] kernel = KERNEL.clone();
      little(kernel).putLong(32, offset);
      assertThatThrownBy(ElfFile.of(kernel)::requireBootable).hasMessageContaining("truncated");
    }
  }

  @Test
  void other_files_are_refused() {
    for (int place : new int[] {0, 4, 5}) {
      byte[] other = KERNEL.clone();
      other[place] = 1;
      other[5] = place == 5 ? 2 : other[5];
      assertThatThrownBy(() -> ElfFile.of(other)).hasMessageContaining("not a 64-bit");
    }
    assertThatThrownBy(() -> ElfFile.of(new byte[10])).hasMessageContaining("not a 64-bit");
    assertThatThrownBy(() -> ElfFile.open(home.resolve("missing"))).isInstanceOf(IOException.class);
  }

  @Test
  void a_section_is_found_by_its_name() throws IOException {
    ElfFile file = ElfFile.of(MODULE);

    assertThat(new String(file.section(".modinfo").orElseThrow(), StandardCharsets.US_ASCII))
        .contains("name=virtio_blk");
    assertThat(file.section(".missing")).isEmpty();
    assertThat(ElfFile.of(KERNEL).section(".modinfo")).isEmpty();
  }

  @Test
  void section_headers_that_cannot_be_are_refused() {
    assertThatThrownBy(() -> section(62, (short) 3)).hasMessageContaining("impossible");
    assertThatThrownBy(() -> section(58, (short) 63)).hasMessageContaining("impossible");
    assertThatThrownBy(() -> section(60, (short) -1)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> section(64 + 64, (short) 2000)).hasMessageContaining("string");
  }

  @Property(tries = 500)
  void any_change_gives_an_io_exception_or_an_answer(
      @ForAll @IntRange(max = 255) int place, @ForAll long value) throws IOException {
    byte[] kernel = KERNEL.clone();
    byte[] module = MODULE.clone();
    little(kernel).putLong(place % 170, value);
    little(module).putLong(place, value);

    assertThat(catchThrowable(() -> ElfFile.of(kernel).requireBootable()))
        .satisfiesAnyOf(
            thrown -> assertThat(thrown).isNull(),
            thrown -> assertThat(thrown).isInstanceOf(IOException.class));
    assertThat(catchThrowable(() -> KernelModule.read("some", module)))
        .satisfiesAnyOf(
            thrown -> assertThat(thrown).isNull(),
            thrown -> assertThat(thrown).isInstanceOf(IOException.class));
  }

  private static void bootable(int place, short value) throws IOException {
    byte[] kernel = KERNEL.clone();
    little(kernel).putShort(place, value);
    ElfFile.of(kernel).requireBootable();
  }

  private static void section(int place, short value) throws IOException {
    byte[] module = MODULE.clone();
    little(module).putShort(place, value);
    var unused = ElfFile.of(module).section(".missing");
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
