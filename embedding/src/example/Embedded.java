// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

import dev.banger.operation.Operation;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.util.tracker.ServiceTracker;

/** Creates a machine of IMAGE: java -cp FRAMEWORK.jar:CORE_MODEL.jar Embedded.java REPOSITORY HOME IMAGE */
class Embedded {
  public static void main(String[] arguments) throws Exception {
    Path home = Path.of(arguments[1]).toAbsolutePath();
    List<Path> jars;
    try (Stream<Path> files = Files.walk(Path.of(arguments[0]).toRealPath())) {
      jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
    }
    Framework framework = ServiceLoader.load(FrameworkFactory.class).findFirst().orElseThrow().newFramework(Map.of(
        Constants.FRAMEWORK_STORAGE, home.resolve("cache/embedded").toString(),
        Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT,
        Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, packagesOf(coreModel(jars)),
        "banger.configuration", home.resolve("config").toString(),
        "banger.state", home.resolve("state").toString(),
        "banger.cache", home.resolve("cache").toString(),
        "banger.run", home.resolve("run").toString()));
    framework.start();
    try {
      BundleContext context = framework.getBundleContext();
      List<Bundle> bundles = new ArrayList<>();
      for (Path jar : jars) {
        if (!jar.equals(coreModel(jars))) {
          bundles.add(context.installBundle(jar.toUri().toString()));
        }
      }
      for (Bundle bundle : bundles) {
        bundle.start();
      }
      ServiceTracker<VmService, VmService> machines = new ServiceTracker<>(context, VmService.class, null);
      machines.open();
      CreateVm request = CreateVm.builder().image(arguments[2]).build();
      Vm vm = machines.waitForService(30_000).create(request, Operation.background());
      System.out.println(vm.name() + " is " + vm.state().name().toLowerCase());
    } finally {
      framework.stop();
      framework.waitForStop(30_000);
    }
  }

  // The program calls the API: it has the packages on its class path and lends them to the framework.
  private static Path coreModel(List<Path> jars) {
    return jars.stream().filter(jar -> jar.toString().contains("/core-model/")).findFirst().orElseThrow();
  }

  private static String packagesOf(Path bundle) throws Exception {
    try (JarFile jar = new JarFile(bundle.toFile())) {
      return jar.getManifest().getMainAttributes().getValue(Constants.EXPORT_PACKAGE);
    }
  }
}
