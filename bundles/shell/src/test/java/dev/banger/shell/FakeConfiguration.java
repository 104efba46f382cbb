// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.configuration.Configuration;
import dev.banger.configuration.ConfigurationProblem;
import dev.banger.configuration.ConfigurationService;
import dev.banger.configuration.Setting;
import dev.banger.configuration.Setting.Source;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Three keys, one of them set wrongly. */
public final class FakeConfiguration implements ConfigurationService {
  public static final Path FILE = Path.of("/config/dev.banger.vm.cfg");

  public final List<String> calls = new ArrayList<>();
  private final List<Setting> settings =
      List.of(
          setting("hypervisor", "", null, Source.HOST, null, null),
          setting("memoryMib", "512", "512", Source.USER_FILE, FILE, "'much' is no whole number"),
          setting("vcpus", "0", "2", Source.HOST, null, null));

  private static Setting setting(
      String key, String value, String inForce, Source source, Path file, String problem) {
    return new Setting(
        "vm." + key,
        "dev.banger.vm",
        key,
        "integer",
        value,
        inForce,
        source,
        file,
        "0",
        List.of(),
        "of a new machine",
        problem);
  }

  @Override
  public Configuration list() {
    return new Configuration(
        settings,
        List.of(
            new ConfigurationProblem(
                "dev.banger.vm", "memoryMib", FILE, "much", "'much' is no whole number")));
  }

  @Override
  public Setting get(String name) {
    return settings.stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new BangerException(ErrorCode.NOT_FOUND, "there is no key"));
  }

  @Override
  public List<Setting> set(Map<String, String> values, Operation operation) {
    calls.add("set " + values);
    return values.keySet().stream().map(this::get).toList();
  }

  @Override
  public List<Setting> unset(List<String> names, Operation operation) {
    calls.add("unset " + names);
    return names.stream().map(this::get).toList();
  }
}
