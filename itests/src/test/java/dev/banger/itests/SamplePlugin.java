// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import org.example.sample.BrokenCheck;
import org.example.sample.SampleCheck;

/**
 * A plugin of one component that tests make.
 *
 * @param name its symbolic name
 * @param version its version
 * @param component the class of its component, which provides all interfaces that it implements
 * @param imports what it imports
 * @param service the interface that its component waits for, or null
 */
record SamplePlugin(
    String name, String version, Class<?> component, String imports, String service) {
  private static final String API =
      "dev.banger.doctor;version=\"[0.1,1)\",dev.banger.operation;version=\"[0.1,1)\"";

  /** One that works. */
  static SamplePlugin of(String name, String version) {
    return new SamplePlugin(name, version, SampleCheck.class, API, null);
  }

  /** It with a component that cannot be activated. */
  SamplePlugin broken() {
    return new SamplePlugin(name, version, BrokenCheck.class, imports, service);
  }

  /** It with another component, and what that needs of the API. */
  SamplePlugin with(Class<?> other, String... packages) {
    String more =
        Arrays.stream(packages)
            .map(each -> "," + each + ";version=\"[0.1,1)\"")
            .collect(Collectors.joining());
    return new SamplePlugin(name, version, other, imports + more, service);
  }

  /** It with other imports. */
  SamplePlugin importing(String others) {
    return new SamplePlugin(name, version, component, others, service);
  }

  /** It with one more import. */
  SamplePlugin alsoImporting(String more) {
    return importing(imports + "," + more);
  }

  /** It with a component that needs a service. */
  SamplePlugin waitingFor(String wanted) {
    return new SamplePlugin(name, version, component, imports, wanted);
  }

  /** Writes it into a directory. */
  Path in(Path directory) throws IOException {
    Manifest manifest = new Manifest();
    Attributes headers = manifest.getMainAttributes();
    headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    headers.putValue("Bundle-ManifestVersion", "2");
    headers.putValue("Bundle-SymbolicName", name);
    headers.putValue("Bundle-Version", version);
    headers.putValue("Import-Package", imports);
    headers.putValue("Service-Component", "OSGI-INF/component.xml");
    Path file = Files.createTempFile(directory, name + "-" + version + "-", ".jar");
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file), manifest)) {
      jar.putNextEntry(new JarEntry("OSGI-INF/component.xml"));
      jar.write(description().getBytes(StandardCharsets.UTF_8));
      String entry = component.getName().replace('.', '/') + ".class";
      jar.putNextEntry(new JarEntry(entry));
      try (InputStream bytes = component.getClassLoader().getResourceAsStream(entry)) {
        bytes.transferTo(jar);
      }
    }
    return file;
  }

  private String description() {
    String reference =
        service == null ? "" : "<reference name='wanted' interface='" + service + "'/>";
    return "<scr:component xmlns:scr='http://www.osgi.org/xmlns/scr/v1.3.0' name='"
        + component.getName()
        + "'><implementation class='"
        + component.getName()
        + "'/><service>"
        + Arrays.stream(component.getInterfaces())
            .map(each -> "<provide interface='" + each.getName() + "'/>")
            .collect(Collectors.joining())
        + "</service>"
        + reference
        + "</scr:component>";
  }
}
