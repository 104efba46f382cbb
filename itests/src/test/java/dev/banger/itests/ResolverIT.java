// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aQute.bnd.build.model.EE;
import aQute.bnd.osgi.repository.ResourcesRepository;
import aQute.bnd.osgi.repository.XMLResourceParser;
import aQute.bnd.osgi.resource.ResourceBuilder;
import aQute.bnd.osgi.resource.ResourceUtils;
import aQute.bnd.osgi.resource.ResourceUtils.ContentCapability;
import biz.aQute.resolve.AbstractResolveContext;
import biz.aQute.resolve.BndResolver;
import biz.aQute.resolve.GenericResolveContext;
import biz.aQute.resolve.ResolverLogger;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.felix.framework.FrameworkFactory;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.namespace.IdentityNamespace;
import org.osgi.resource.Resource;
import org.osgi.service.resolver.ResolutionException;

/** What docs/embedding.md says of resolvers, with that of bnd and a bare framework. */
class ResolverIT {
  private static final File FRAMEWORK = TestClassPath.jar("org.apache.felix.framework").toFile();
  private static final String[] ROOTS = {
    "dev.banger.vm-service", "dev.banger.hypervisor-qemu", "dev.banger.runtime"
  };

  @Test
  void the_index_gives_all_that_banger_needs_and_a_bare_framework_runs_it() throws Exception {
    List<Resource> resolved = resolve(ROOTS);
    assertThat(names(resolved))
        .contains(ROOTS)
        .contains("dev.banger.store", "dev.banger.image-service", "org.xerial.sqlite-jdbc")
        .contains("org.apache.felix.scr", "org.ops4j.pax.logging.pax-logging-api")
        .doesNotContain("dev.banger.shell", "dev.banger.port-forward", "org.jline");
    try (Installation banger = new Installation()) {
      Framework framework = new FrameworkFactory().newFramework(properties(banger));
      framework.start();
      try {
        start(framework.getBundleContext(), resolved);
        assertThat(Arrays.stream(framework.getBundleContext().getBundles()))
            .hasSize(resolved.size() + 1)
            .allMatch(each -> each.getState() == Bundle.ACTIVE, "is active");
        assertThat(answer(banger, "daemon.status").path("pid").asLong())
            .isEqualTo(ProcessHandle.current().pid());
        assertThat(answer(banger, "vm.list")).isEmpty();
      } finally {
        framework.stop();
        framework.waitForStop(30_000);
      }
    }
  }

  @Test
  void a_capability_brings_what_it_works_with() throws Exception {
    assertThat(names(resolve("dev.banger.port-forward")))
        .contains("dev.banger.port-forward", "dev.banger.core-model", "org.apache.felix.scr");
  }

  @Test
  void what_the_index_lacks_is_refused() {
    assertThatThrownBy(() -> resolve("dev.banger.vm-service", "dev.banger.nobody"))
        .isInstanceOf(ResolutionException.class)
        .hasMessageContaining("dev.banger.nobody");
  }

  /** What the socket answers: without the shell's bundle there are no commands. */
  private static JsonNode answer(Installation banger, String method) throws IOException {
    return SocketLoad.answer(
        banger.home().resolve("run/bangerd.sock"), "{\"version\":1,\"method\":\"" + method + "\"}");
  }

  /** The bundles that these need in an empty framework, with themselves. */
  private static List<Resource> resolve(String... roots) throws Exception {
    try (ResolverLogger log = new ResolverLogger(ResolverLogger.LOG_ERROR)) {
      GenericResolveContext context = new GenericResolveContext(log);
      context.addRepository(
          new ResourcesRepository(XMLResourceParser.getResources(Repository.index().toUri())));
      context.addRepository(new ResourcesRepository(framework()));
      context.addFramework("org.apache.felix.framework", null);
      context.addEE(EE.JavaSE_17);
      context.addEffectiveDirective("active");
      for (String each : roots) {
        context
            .getInput()
            .addRequirement(AbstractResolveContext.createIdentityRequirement(each, null));
      }
      context.done();
      List<Resource> resolved = new ArrayList<>(new BndResolver(log).resolve(context).keySet());
      String framework = name(framework());
      resolved.removeIf(each -> !isJar(each) || name(each).equals(framework));
      return resolved;
    }
  }

  private static Resource framework() throws Exception {
    ResourceBuilder builder = new ResourceBuilder();
    builder.addFile(FRAMEWORK, FRAMEWORK.toURI());
    return builder.build();
  }

  /**
   * What asks has no content; bnd tells of a multi-release jar by resources of its own beside it.
   */
  private static boolean isJar(Resource resource) {
    ContentCapability content = ResourceUtils.getContentCapability(resource);
    return content != null && content.url().getScheme().equals("file");
  }

  private static List<String> names(List<Resource> resources) {
    return resources.stream().map(ResolverIT::name).toList();
  }

  private static String name(Resource resource) {
    return (String)
        resource
            .getCapabilities(IdentityNamespace.IDENTITY_NAMESPACE)
            .get(0)
            .getAttributes()
            .get(IdentityNamespace.IDENTITY_NAMESPACE);
  }

  private static Map<String, String> properties(Installation banger) {
    return Map.of(
        Constants.FRAMEWORK_STORAGE,
        banger.home().resolve("cache/resolved").toString(),
        "banger.configuration",
        banger.home().resolve("config").toString(),
        "banger.state",
        banger.home().resolve("state").toString(),
        "banger.cache",
        banger.home().resolve("cache").toString(),
        "banger.run",
        banger.home().resolve("run").toString());
  }

  private static void start(BundleContext context, List<Resource> resources) throws Exception {
    List<Bundle> bundles = new ArrayList<>();
    for (Resource each : resources) {
      URI content = ResourceUtils.getContentCapability(each).url();
      bundles.add(context.installBundle(content.toString()));
    }
    for (Bundle each : bundles) {
      each.start();
    }
  }
}
