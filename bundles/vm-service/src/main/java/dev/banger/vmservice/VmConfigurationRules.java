// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.configuration.ConfigurationRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** What the keys of machines mean together and on this host. */
@Component
public final class VmConfigurationRules implements ConfigurationRules {
  private static final String VCPUS = "vcpus";
  private static final String MEMORY = "memoryMib";
  private static final String DISK = "diskBytes";
  private static final String WORK_DISK = "workDiskBytes";
  private static final String HYPERVISOR = "hypervisor";
  private static final String FIRST_PORT = "sshPortFirst";
  private static final String LAST_PORT = "sshPortLast";

  private final HostCapacity host;

  @Activate
  public VmConfigurationRules() {
    this(HostCapacity.measured());
  }

  VmConfigurationRules(HostCapacity host) {
    this.host = host;
  }

  @Override
  public String pid() {
    return VmConfiguration.PID;
  }

  @Override
  public List<Objection> check(Map<String, String> values) {
    List<Objection> objections = new ArrayList<>();
    long memory = Long.parseLong(values.get(MEMORY));
    if (memory != 0 && (memory < Sizing.MINIMUM_MEMORY_MIB || memory > host.memoryMib())) {
      objections.add(
          new Objection(
              List.of(MEMORY),
              "a machine has %d to %d MiB of memory on this host"
                  .formatted(Sizing.MINIMUM_MEMORY_MIB, host.memoryMib())));
    }
    for (String disk : List.of(DISK, WORK_DISK)) {
      long bytes = Long.parseLong(values.get(disk));
      if (bytes > 0 && bytes < Sizing.MINIMUM_DISK_BYTES) {
        objections.add(new Objection(List.of(disk), "a disk has at least 1 MiB"));
      }
    }
    if (Integer.parseInt(values.get(LAST_PORT)) < Integer.parseInt(values.get(FIRST_PORT))) {
      objections.add(
          new Objection(
              List.of(FIRST_PORT, LAST_PORT),
              "sshPortLast (%s) lies before sshPortFirst (%s); set both at once"
                  .formatted(values.get(LAST_PORT), values.get(FIRST_PORT))));
    }
    return objections;
  }

  @Override
  public Map<String, Choice> choices(Map<String, String> values) {
    String builtIn = Long.toString(Sizing.BUILTIN_DISK_BYTES);
    Map<String, Choice> choices = new HashMap<>();
    choose(values, VCPUS, "0", new Choice(Long.toString(Sizing.vcpus(host)), true), choices);
    choose(values, MEMORY, "0", new Choice(Long.toString(Sizing.memoryMib(host)), true), choices);
    choose(values, DISK, "0", new Choice(builtIn, false), choices);
    choose(values, WORK_DISK, "-1", new Choice(builtIn, false), choices);
    choose(values, HYPERVISOR, "", new Choice(null, true), choices);
    return choices;
  }

  private static void choose(
      Map<String, String> values,
      String key,
      String open,
      Choice choice,
      Map<String, Choice> choices) {
    if (values.get(key).equals(open)) {
      choices.put(key, choice);
    }
  }
}
