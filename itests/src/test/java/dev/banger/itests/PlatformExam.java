// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.cleanCaches;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.junitBundles;
import static org.ops4j.pax.exam.CoreOptions.options;

import dev.banger.command.CommandContributor;
import dev.banger.command.CommandService;
import dev.banger.doctor.DoctorCheck;
import dev.banger.guest.GuestService;
import dev.banger.host.BangerDirectories;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.image.ImageService;
import dev.banger.kernel.KernelService;
import dev.banger.operation.Operation;
import dev.banger.vm.CreateVm;
import dev.banger.vm.VmService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.ProbeBuilder;
import org.ops4j.pax.exam.TestProbeBuilder;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.wiring.BundleRevision;

/**
 * The assembled platform, inside one framework: every bundle resolves and starts, and the services
 * find each other. {@link PlatformIT} runs it in each container, framework and Java.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class PlatformExam {
  @Inject private BundleContext context;
  @Inject private VmService machines;
  @Inject private GuestService guests;
  @Inject private ImageService images;
  @Inject private KernelService kernels;
  @Inject private CommandService commands;
  @Inject private BangerDirectories directories;
  @Inject private Hypervisor hypervisor;

  @Configuration
  public Option[] assembledDistribution() throws IOException {
    Path distribution = Path.of(System.getProperty("banger.distribution")).toRealPath();
    Path home = Path.of(System.getProperty(PlatformIT.HOME));
    List<Option> options = new ArrayList<>();
    options.addAll(
        Arrays.asList(
            options(
                cleanCaches(),
                frameworkProperty("banger.configuration").value(home.resolve("config").toString()),
                frameworkProperty("banger.state").value(home.resolve("state").toString()),
                frameworkProperty("banger.cache").value(home.resolve("cache").toString()),
                frameworkProperty("banger.run").value(home.resolve("run").toString()),
                frameworkProperty(PlatformIT.VENDOR).value(System.getProperty(PlatformIT.VENDOR)),
                frameworkProperty("banger.exam.launcher")
                    .value(Long.toString(ProcessHandle.current().pid())),
                frameworkProperty(PlatformIT.CONTAINER)
                    .value(System.getProperty(PlatformIT.CONTAINER)),
                frameworkProperty("gosh.args").value("--nointeractive"),
                frameworkProperty("gosh.home").value(distribution.resolve("conf/gogo").toString()),
                junitBundles())));
    try (Stream<Path> jars = Files.walk(distribution.resolve("system"))) {
      jars.filter(jar -> jar.toString().endsWith(".jar"))
          .sorted()
          .forEach(jar -> options.add(bundle(jar.toUri().toString())));
    }
    return options.toArray(Option[]::new);
  }

  @ProbeBuilder
  public TestProbeBuilder probe(TestProbeBuilder probe) {
    // The other tests of this module share the probe but do not run in it.
    probe.setHeader(Constants.IMPORT_PACKAGE, "*;resolution:=optional");
    return probe;
  }

  @Test
  public void the_framework_and_the_container_are_those_that_were_asked_for() {
    String vendor = context.getProperty(Constants.FRAMEWORK_VENDOR);
    assertTrue(vendor, vendor.startsWith(context.getProperty(PlatformIT.VENDOR)));
    String ownProcess = Long.toString(ProcessHandle.current().pid());
    assertEquals(
        context.getProperty(PlatformIT.CONTAINER).equals("native"),
        ownProcess.equals(context.getProperty("banger.exam.launcher")));
  }

  @Test
  public void every_bundle_is_active() {
    for (Bundle bundle : context.getBundles()) {
      boolean fragment =
          (bundle.adapt(BundleRevision.class).getTypes() & BundleRevision.TYPE_FRAGMENT) != 0;
      assertEquals(
          bundle.getSymbolicName(), fragment ? Bundle.RESOLVED : Bundle.ACTIVE, bundle.getState());
    }
  }

  @Test
  public void services_answer_in_an_empty_home() {
    assertTrue(machines.list().isEmpty());
    assertTrue(images.list().isEmpty());
    assertTrue(kernels.list().isEmpty());
    assertEquals("debian-bookworm", images.catalog().get(0).name());
    assertEquals("debian-cloud", kernels.catalog().get(0).name());
    assertEquals("qemu", hypervisor.name());
    assertNotNull(guests);
    assertTrue(machines.size(CreateVm.builder().build()).spec().vcpus() >= 1);
    assertTrue(Files.exists(directories.run().resolve("bangerd.sock")));
  }

  @Test
  public void completion_knows_the_commands() {
    List<String> candidates = commands.complete(List.of("vm", "st"), 1, Operation.background());
    assertTrue(candidates.toString(), candidates.containsAll(List.of("start", "stop")));
  }

  @Test
  public void commands_and_checks_are_services() throws Exception {
    assertTrue(context.getServiceReferences(CommandContributor.class, null).size() >= 5);
    assertTrue(context.getServiceReferences(DoctorCheck.class, null).size() >= 4);
    ServiceReference<?>[] gogo =
        context.getAllServiceReferences(
            null, "(&(osgi.command.scope=*)(osgi.command.function=vm))");
    assertNotNull("vm is a command of the Gogo shell", gogo);
  }

  @Test
  public void a_driver_can_be_stopped_and_started_under_the_platform() throws Exception {
    Bundle driver =
        Arrays.stream(context.getBundles())
            .filter(bundle -> "dev.banger.hypervisor-qemu".equals(bundle.getSymbolicName()))
            .findFirst()
            .orElseThrow();
    driver.stop();
    assertTrue(machines.list().isEmpty());
    driver.start();
    assertEquals(
        1,
        context.getServiceReferences(Hypervisor.class, "(" + Constants.OBJECTCLASS + "=*)").size());
  }
}
