// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginProblem.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;
import org.osgi.framework.namespace.BundleNamespace;
import org.osgi.framework.namespace.ExecutionEnvironmentNamespace;
import org.osgi.framework.namespace.HostNamespace;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.resource.Namespace;

/** What bundles require of others before they can run, and why it is not there, in words. */
final class Requirements {
  private static final String API = "dev.banger.";

  private final BundleContext context;

  Requirements(BundleContext context) {
    this.context = context;
  }

  /** The requirements of a bundle that no installed bundle meets; empty when all are met. */
  List<PluginProblem> unmet(Bundle bundle) {
    FrameworkWiring wiring =
        context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class);
    List<PluginProblem> problems = new ArrayList<>();
    for (BundleRequirement each : mandatory(bundle)) {
      if (wiring.findProviders(each).isEmpty() && !hasHost(each)) {
        problems.add(problem(bundle.getSymbolicName(), each));
      }
    }
    return problems;
  }

  /** Whether a requirement is that of a fragment for a host that is here: Felix tells of none. */
  private boolean hasHost(BundleRequirement requirement) {
    return requirement.getNamespace().equals(HostNamespace.HOST_NAMESPACE)
        && Arrays.stream(context.getBundles())
            .map(bundle -> bundle.adapt(BundleRevision.class))
            .filter(Objects::nonNull)
            .flatMap(each -> each.getDeclaredCapabilities(HostNamespace.HOST_NAMESPACE).stream())
            .anyMatch(requirement::matches);
  }

  /** What the framework must find for a bundle. */
  static List<BundleRequirement> mandatory(Bundle bundle) {
    BundleRevision revision = bundle.adapt(BundleRevision.class);
    return revision == null
        ? List.of()
        : revision.getDeclaredRequirements(null).stream().filter(Requirements::mustBeMet).toList();
  }

  private static boolean mustBeMet(BundleRequirement requirement) {
    Map<String, String> directives = requirement.getDirectives();
    String resolution = directives.get(Namespace.REQUIREMENT_RESOLUTION_DIRECTIVE);
    String effective = directives.get(Namespace.REQUIREMENT_EFFECTIVE_DIRECTIVE);
    return (resolution == null || resolution.equals(Namespace.RESOLUTION_MANDATORY))
        && (effective == null || effective.equals(Namespace.EFFECTIVE_RESOLVE));
  }

  /** What a requirement asks for, in few words. */
  static String words(BundleRequirement requirement) {
    String filter = requirement.getDirectives().getOrDefault("filter", "");
    String namespace = requirement.getNamespace();
    if (namespace.equals(PackageNamespace.PACKAGE_NAMESPACE)) {
      return "package "
          + named(filter, namespace)
          + VersionWish.in(filter, Constants.VERSION_ATTRIBUTE).words();
    }
    return namespace + " " + filter;
  }

  private PluginProblem problem(String subject, BundleRequirement requirement) {
    String filter = requirement.getDirectives().getOrDefault("filter", "");
    return switch (requirement.getNamespace()) {
      case PackageNamespace.PACKAGE_NAMESPACE -> missingPackage(subject, filter);
      case BundleNamespace.BUNDLE_NAMESPACE ->
          new PluginProblem(
              Kind.REQUIREMENT,
              subject,
              "it requires the bundle "
                  + named(filter, BundleNamespace.BUNDLE_NAMESPACE)
                  + VersionWish.in(filter, Constants.BUNDLE_VERSION_ATTRIBUTE).words()
                  + ", which is not installed");
      case HostNamespace.HOST_NAMESPACE ->
          new PluginProblem(
              Kind.REQUIREMENT,
              subject,
              "it is a part of the bundle "
                  + named(filter, HostNamespace.HOST_NAMESPACE)
                  + VersionWish.in(filter, Constants.BUNDLE_VERSION_ATTRIBUTE).words()
                  + ", which is not installed");
      case ExecutionEnvironmentNamespace.EXECUTION_ENVIRONMENT_NAMESPACE ->
          new PluginProblem(
              Kind.REQUIREMENT,
              subject,
              "it needs a newer Java ("
                  + filter
                  + "); the daemon runs on Java "
                  + Runtime.version().feature());
      default ->
          new PluginProblem(
              Kind.REQUIREMENT,
              subject,
              "it requires "
                  + requirement.getNamespace()
                  + " "
                  + filter
                  + ", which no installed bundle provides");
    };
  }

  private PluginProblem missingPackage(String subject, String filter) {
    String wanted = named(filter, PackageNamespace.PACKAGE_NAMESPACE);
    VersionWish wish = VersionWish.in(filter, Constants.VERSION_ATTRIBUTE);
    List<Export> exports = exports(wanted);
    if (wanted.startsWith(API) && !exports.isEmpty() && wish.from() != null) {
      return new PluginProblem(
          Kind.INCOMPATIBLE,
          subject,
          "it was built for API "
              + wish.from().getMajor()
              + "."
              + wish.from().getMinor()
              + " of banger, this is "
              + exports.get(0).version().getMajor()
              + "."
              + exports.get(0).version().getMinor()
              + ": it wants the package "
              + wanted
              + wish.words()
              + ", and "
              + exports.get(0).words());
    }
    String provider =
        exports.isEmpty()
            ? "which no installed bundle exports, and it is not known which one would"
            : "and " + String.join(", ", exports.stream().map(Export::words).distinct().toList());
    return new PluginProblem(
        Kind.REQUIREMENT,
        subject,
        "it wants the package " + wanted + wish.words() + ", " + provider);
  }

  /** A package as an installed bundle exports it. */
  private record Export(String bundle, Version version) {
    String words() {
      return bundle + " has " + version;
    }
  }

  private List<Export> exports(String packageName) {
    List<Export> exports = new ArrayList<>();
    for (Bundle bundle : Arrays.asList(context.getBundles())) {
      BundleRevision revision = bundle.adapt(BundleRevision.class);
      if (revision == null) {
        continue;
      }
      for (BundleCapability each :
          revision.getDeclaredCapabilities(PackageNamespace.PACKAGE_NAMESPACE)) {
        if (packageName.equals(each.getAttributes().get(PackageNamespace.PACKAGE_NAMESPACE))
            && each.getAttributes().get(Constants.VERSION_ATTRIBUTE) instanceof Version version) {
          exports.add(new Export(bundle.getSymbolicName(), version));
        }
      }
    }
    return exports;
  }

  private static String named(String filter, String attribute) {
    Matcher matcher =
        Pattern.compile("\\(" + Pattern.quote(attribute) + "=([^)]*)\\)").matcher(filter);
    return matcher.find() ? matcher.group(1) : filter;
  }
}
