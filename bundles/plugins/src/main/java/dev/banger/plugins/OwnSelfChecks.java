// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.operation.Operation;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginSelfCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/** Asks the checks that banger's own bundles publish whether they work. */
final class OwnSelfChecks {
  private final BundleContext context;
  private final Predicate<Bundle> own;

  /**
   * @param own whether banger consists of a bundle: what others added is no matter of a release
   */
  OwnSelfChecks(BundleContext context, Predicate<Bundle> own) {
    this.context = context;
    this.own = own;
  }

  /**
   * Returns when all have answered, or with a problem when the operation's deadline has passed.
   *
   * @return what is wrong; empty when all is well
   */
  List<String> problems(Operation operation) {
    return SelfCheck.inThread(() -> ask(operation), operation).stream()
        .map(each -> each.subject() + ": " + each.message())
        .toList();
  }

  private List<PluginProblem> ask(Operation operation) throws InvalidSyntaxException {
    ServiceReference<?>[] found =
        context.getAllServiceReferences(PluginSelfCheck.class.getName(), null);
    List<PluginProblem> problems = new ArrayList<>();
    for (ServiceReference<?> each : found == null ? new ServiceReference<?>[0] : found) {
      Bundle bundle = each.getBundle();
      if (bundle != null && own.test(bundle)) {
        problems.addAll(SelfCheck.ask(context, bundle, each, operation));
      }
    }
    return problems;
  }
}
