// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * A bundle that tests make.
 *
 * @param headers of its manifest
 * @param type its one class, or null
 * @param description the description of its component, or null
 */
record TestPlugin(Map<String, String> headers, Class<?> type, String description) {
  private static final String IMPORTS =
      "dev.banger.capability,dev.banger.doctor,dev.banger.error,dev.banger.operation,"
          + "dev.banger.plugin,org.osgi.framework";

  /** One that does nothing. */
  static TestPlugin of(String name, String version) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Bundle-ManifestVersion", "2");
    headers.put("Bundle-SymbolicName", name);
    headers.put("Bundle-Version", version);
    return new TestPlugin(headers, null, null);
  }

  /** It with one more header. */
  TestPlugin with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new TestPlugin(more, type, description);
  }

  /** It with a component. */
  TestPlugin component(Class<?> implementation, Class<?> service) {
    return component(implementation, service, null);
  }

  /** It with a component that waits for a service. */
  TestPlugin component(Class<?> implementation, Class<?> service, String wanted) {
    String reference = wanted == null ? "" : "<reference name='w' interface='" + wanted + "'/>";
    String name = implementation.getName();
    String xml =
        "<scr:component xmlns:scr='http://www.osgi.org/xmlns/scr/v1.3.0' name='"
            + name
            + "'><implementation class='"
            + name
            + "'/><service><provide interface='"
            + service.getName()
            + "'/></service>"
            + reference
            + "</scr:component>";
    TestPlugin more =
        with("Import-Package", IMPORTS).with("Service-Component", "OSGI-INF/component.xml");
    return new TestPlugin(more.headers, implementation, xml);
  }

  /** It with an activator. */
  TestPlugin activator(Class<?> implementation) {
    TestPlugin more =
        with("Import-Package", IMPORTS).with("Bundle-Activator", implementation.getName());
    return new TestPlugin(more.headers, implementation, description);
  }

  /** Writes it beside a file and moves it there, so that no half of it is ever seen. */
  Path to(Path file) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    headers.forEach(manifest.getMainAttributes()::putValue);
    Path beside = file.resolveSibling(file.getFileName() + ".new");
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(beside), manifest)) {
      if (description != null) {
        jar.putNextEntry(new JarEntry("OSGI-INF/component.xml"));
        jar.write(description.getBytes(StandardCharsets.UTF_8));
      }
      if (type != null) {
        String entry = type.getName().replace('.', '/') + ".class";
        jar.putNextEntry(new JarEntry(entry));
        try (InputStream bytes = type.getClassLoader().getResourceAsStream(entry)) {
          bytes.transferTo(jar);
        }
      }
    }
    return Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
