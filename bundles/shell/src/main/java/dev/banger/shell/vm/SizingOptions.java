// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.shell.grammar.CountOption;
import dev.banger.shell.grammar.DurationOption;
import dev.banger.shell.grammar.LabelOption;
import dev.banger.shell.grammar.MemoryOption;
import dev.banger.shell.grammar.NameOption;
import dev.banger.shell.grammar.OptionalSizeOption;
import dev.banger.shell.grammar.PublishOption;
import dev.banger.shell.grammar.SizeOption;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Disposable;
import dev.banger.vm.PublishPort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** What a new VM is to be. */
final class SizingOptions {
  @Option(
      names = "--name",
      paramLabel = "<name>",
      converter = NameOption.class,
      description = "Its name: 1 to 63 of a-z, 0-9 and '-'. Without it one is made up.")
  String name;

  @Option(
      names = "--image",
      paramLabel = "<image>",
      description =
          "The image to start from: an id, a name, an unambiguous prefix, or what is pulled when it"
              + " is missing: a catalog name or a registry's reference (one with '/' or ':')."
              + " Without it the configured default.")
  String image;

  @Option(
      names = "--vcpu",
      paramLabel = "<count>",
      converter = CountOption.class,
      description = "Virtual CPUs.")
  Integer vcpus;

  @Option(
      names = "--memory",
      paramLabel = "<size>",
      converter = MemoryOption.class,
      description = "Memory: a whole number with K, M, G or T; without a unit MiB.")
  Long memoryMib;

  @Option(
      names = "--disk-size",
      paramLabel = "<size>",
      converter = SizeOption.class,
      description = "Root disk, at least the image's size: a whole number with K, M, G or T.")
  Long diskBytes;

  @Option(
      names = "--work-disk-size",
      paramLabel = "<size>",
      converter = OptionalSizeOption.class,
      description = "Work disk, which holds root's home and outlives 'vm reset'; 0 for none.")
  Long workDiskBytes;

  @Option(
      names = "--label",
      paramLabel = "<key=value>",
      converter = LabelOption.class,
      description = "Give it a label; may be repeated.")
  List<Map.Entry<String, String>> labels = new ArrayList<>();

  @Option(
      names = "--ttl",
      paramLabel = "<duration>",
      converter = DurationOption.class,
      description = "Delete it after this time, whatever it does then: 30m, 2h, 7d, 1h30m.")
  Duration timeToLive;

  @Option(
      names = "--idle-stop",
      paramLabel = "<duration>",
      converter = DurationOption.class,
      description = "Stop it when it was idle for this time, at least 1m.")
  Duration idleStop;

  @Option(
      names = {"-p", "--publish"},
      paramLabel = "<port>",
      converter = PublishOption.class,
      description =
          "Publish a TCP port of the guest on the host: [[ADDRESS:]HOSTPORT:]GUESTPORT; may be"
              + " repeated. On 127.0.0.1 without an address; without HOSTPORT, or with 0, on a free"
              + " port.")
  List<PublishPort> ports = new ArrayList<>();

  CreateVm request() {
    return request(Labels.byKey(labels));
  }

  /** As {@link #request()}, for a VM that is deleted when its command has ended. */
  CreateVm disposable() {
    return request(Disposable.labels(Labels.byKey(labels)));
  }

  private CreateVm request(Map<String, String> labels) {
    return CreateVm.builder()
        .name(name)
        .image(image)
        .vcpus(vcpus)
        .memoryMib(memoryMib)
        .diskBytes(diskBytes)
        .workDiskBytes(workDiskBytes)
        .labels(labels)
        .timeToLive(timeToLive)
        .idleStop(idleStop)
        .ports(ports)
        .build();
  }
}
