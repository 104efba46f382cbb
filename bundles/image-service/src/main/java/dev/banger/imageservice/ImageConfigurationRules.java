// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.configuration.ConfigurationRules;
import dev.banger.error.BangerException;
import dev.banger.imageservice.debian.MirrorUrl;
import dev.banger.imageservice.storage.RegistryName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** The forms of the keys of images and kernels. */
@Component
public final class ImageConfigurationRules implements ConfigurationRules {
  @Activate
  public ImageConfigurationRules() {}

  @Override
  public String pid() {
    return ImageConfiguration.PID;
  }

  @Override
  public List<Objection> check(Map<String, String> values) {
    List<Objection> objections = new ArrayList<>();
    for (String key : List.of("debianMirror", "debianSecurityMirror", "ubuntuMirror")) {
      require(key, values, MirrorUrl::isValid, "is no http, https or file URL", objections);
    }
    for (String key : List.of("imageSize", "largestContent")) {
      require(
          key,
          values,
          ImageConfigurationRules::isSize,
          "is no size: a whole number and MiB or GiB, from 1 GiB to 1 TiB",
          objections);
    }
    require("defaultKernel", values, RegistryName::isValid, "is no kernel's name", objections);
    require("defaultImage", values, each -> !each.isBlank(), "is no image's name", objections);
    return objections;
  }

  private static void require(
      String key,
      Map<String, String> values,
      Predicate<String> form,
      String otherwise,
      List<Objection> objections) {
    String value = values.get(key);
    if (!form.test(value)) {
      objections.add(new Objection(List.of(key), "'" + value + "' " + otherwise));
    }
  }

  private static boolean isSize(String text) {
    try {
      return ImageSize.parse(text) > 0;
    } catch (BangerException e) {
      return false;
    }
  }
}
