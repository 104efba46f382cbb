// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import dev.banger.configuration.Configuration;
import dev.banger.configuration.ConfigurationService;
import dev.banger.configuration.Setting;
import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Whether all that is configured is in force. */
@Component
public final class ConfigurationCheck implements DoctorCheck {
  private static final String NAME = "configuration";

  private final ConfigurationService configuration;

  @Activate
  public ConfigurationCheck(@Reference ConfigurationService configuration) {
    this.configuration = configuration;
  }

  @Override
  public List<Finding> examine(Operation operation) {
    Configuration all;
    try {
      all = configuration.list();
    } catch (BangerException e) {
      return List.of(Finding.warn(NAME, e.getMessage(), "install that bundle"));
    }
    if (all.problems().isEmpty()) {
      return List.of(Finding.pass(NAME, changed(all) + " keys have values of their own"));
    }
    return all.problems().stream()
        .map(
            each ->
                Finding.warn(
                    NAME, Words.of(each), "correct it there; 'banger config list' tells the rest"))
        .toList();
  }

  private static long changed(Configuration all) {
    return all.settings().stream().filter(each -> isChanged(each.source())).count();
  }

  private static boolean isChanged(Setting.Source source) {
    return source != Setting.Source.BUILT_IN && source != Setting.Source.HOST;
  }
}
