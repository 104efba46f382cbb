// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;

/** The bundles of this framework that are banger's own or were added to it. */
final class BundleList {
  private static final String OWN = "dev.banger.";

  private final BundleContext context;
  private final Installation installation;

  BundleList(BundleContext context, Installation installation) {
    this.context = context;
    this.installation = installation;
  }

  /** Whether banger consists of it. */
  boolean isOwn(Bundle bundle) {
    return bundle.getSymbolicName().startsWith(OWN) && !installation.isAdded(bundle);
  }

  /** By name, the newest version of each first. */
  List<Bundle> all() {
    return Arrays.stream(context.getBundles())
        .filter(each -> each.getSymbolicName() != null && !Rehearsal.isTried(each))
        .filter(each -> isOwn(each) || isPlugin(each))
        .sorted(
            Comparator.comparing(Bundle::getSymbolicName)
                .thenComparing(Bundle::getVersion, Comparator.reverseOrder()))
        .toList();
  }

  /** Where another program is the host, what uses banger's API was added to it. */
  private boolean isPlugin(Bundle bundle) {
    if (installation.exists()) {
      return installation.isAdded(bundle);
    }
    String imports = bundle.getHeaders("").get(Constants.IMPORT_PACKAGE);
    return imports != null && imports.contains(OWN);
  }

  /**
   * The newest bundle of a name.
   *
   * @param name a symbolic name or the last part of one
   * @throws BangerException NOT_FOUND when there is none, BAD_REQUEST when there are several
   */
  Bundle find(String name) {
    List<Bundle> all = all();
    List<Bundle> exact = all.stream().filter(each -> each.getSymbolicName().equals(name)).toList();
    if (!exact.isEmpty()) {
      return exact.get(0);
    }
    List<Bundle> ending =
        all.stream().filter(each -> each.getSymbolicName().endsWith("." + name)).toList();
    List<String> names = ending.stream().map(Bundle::getSymbolicName).distinct().toList();
    if (names.isEmpty()) {
      throw new BangerException(
          ErrorCode.NOT_FOUND,
          "there is no plugin '" + name + "'; 'banger plugin list --all' names them");
    }
    if (names.size() > 1) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, "'" + name + "' may be " + String.join(" or ", names));
    }
    return ending.get(0);
  }
}
