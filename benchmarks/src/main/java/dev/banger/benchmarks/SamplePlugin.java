// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import dev.banger.benchmarks.sample.SampleCapability;
import dev.banger.benchmarks.sample.SampleCommand;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * A small plugin: a capability and a command.
 *
 * @param name of its bundle, its capability and its command
 */
record SamplePlugin(String name) {
  private static final String IMPORTS =
      "dev.banger.capability,dev.banger.command,dev.banger.operation,dev.banger.vm,"
          + "picocli;version=\"[4,5)\"";
  private static final String CAPABILITY =
      """
      <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.4.0" name="%1$s.capability" init="1">
        <property name="sample" value="%1$s"/>
        <property name="banger.capability.target" value="(label.sample=%1$s)"/>
        <service>
          <provide interface="dev.banger.capability.PostStart"/>
          <provide interface="dev.banger.capability.Cleanup"/>
        </service>
        <implementation class="dev.banger.benchmarks.sample.SampleCapability"/>
      </scr:component>
      """;
  private static final String COMMAND =
      """
      <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.4.0" name="%1$s.command" init="1">
        <property name="sample" value="%1$s"/>
        <service>
          <provide interface="dev.banger.command.CommandContributor"/>
        </service>
        <implementation class="dev.banger.benchmarks.sample.SampleCommand"/>
      </scr:component>
      """;

  /** Writes its jar into a directory. */
  void in(Path directory) throws IOException {
    Manifest manifest = new Manifest();
    Attributes headers = manifest.getMainAttributes();
    headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    headers.putValue("Bundle-ManifestVersion", "2");
    headers.putValue("Bundle-SymbolicName", name);
    headers.putValue("Bundle-Version", "1.0.0");
    headers.putValue("Import-Package", IMPORTS);
    headers.putValue("Service-Component", "OSGI-INF/capability.xml,OSGI-INF/command.xml");
    Path file = directory.resolve(name + ".jar");
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file), manifest)) {
      add(jar, "OSGI-INF/capability.xml", CAPABILITY.formatted(name));
      add(jar, "OSGI-INF/command.xml", COMMAND.formatted(name));
      for (String type : List.of("SampleCapability", "SampleCommand", "SampleCommand$Sample")) {
        add(jar, type);
      }
    }
  }

  private static void add(JarOutputStream jar, String entry, String content) throws IOException {
    jar.putNextEntry(new JarEntry(entry));
    jar.write(content.getBytes(StandardCharsets.UTF_8));
  }

  private static void add(JarOutputStream jar, String type) throws IOException {
    try (InputStream bytes = SampleCommand.class.getResourceAsStream(type + ".class")) {
      jar.putNextEntry(
          new JarEntry(
              SampleCapability.class.getPackageName().replace('.', '/') + "/" + type + ".class"));
      bytes.transferTo(jar);
    }
  }
}
