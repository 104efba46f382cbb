// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.metatype.AttributeDefinition;
import org.osgi.service.metatype.MetaTypeInformation;
import org.osgi.service.metatype.MetaTypeService;
import org.osgi.service.metatype.ObjectClassDefinition;

class MetaTypeDefinitionsTest {
  private static <T> T fake(Class<T> type, InvocationHandler answers) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, answers));
  }

  private static Bundle bundle(String name) {
    Dictionary<String, String> headers =
        new Hashtable<>(
            Map.of("Import-Package", "dev.banger.vm", "Service-Component", "OSGI-INF/*.xml"));
    return fake(
        Bundle.class,
        (proxy, method, arguments) ->
            switch (method.getName()) {
              case "getSymbolicName", "toString" -> name;
              case "getState" -> Bundle.ACTIVE;
              case "getHeaders" -> headers;
              default -> throw new AssertionError(method);
            });
  }

  /** Each bundle describes one configuration of its own name. */
  private static Definitions describing(
      AttributeDefinition[] attributes, String broken, String... bundles) {
    Bundle[] all =
        Arrays.stream(bundles).map(MetaTypeDefinitionsTest::bundle).toArray(Bundle[]::new);
    MetaTypeService metaType =
        fake(
            MetaTypeService.class,
            (proxy, method, arguments) -> {
              String name = ((Bundle) arguments[0]).getSymbolicName();
              return fake(
                  MetaTypeInformation.class,
                  (information, asked, ignored) ->
                      asked.getName().equals("getPids")
                          ? new String[] {name}
                          : described(name.equals(broken), attributes));
            });
    return new MetaTypeDefinitions(
        fake(BundleContext.class, (proxy, method, arguments) -> all), metaType);
  }

  private static ObjectClassDefinition described(boolean broken, AttributeDefinition[] attributes) {
    return fake(
        ObjectClassDefinition.class,
        (proxy, method, arguments) -> {
          if (broken) {
            throw new IllegalStateException("broken");
          }
          return attributes;
        });
  }

  @Test
  void a_bundle_that_describes_itself_wrongly_harms_no_other() {
    Definitions definitions = describing(new AttributeDefinition[0], "b", "c", "b", "a");
    assertThat(definitions.all()).extracting(Definition::pid).containsExactly("a", "c");
  }

  @Test
  void a_configuration_without_attributes_has_none() {
    assertThat(describing(null, "", "a").all())
        .singleElement()
        .satisfies(each -> assertThat(each.attributes()).isEmpty());
  }
}
