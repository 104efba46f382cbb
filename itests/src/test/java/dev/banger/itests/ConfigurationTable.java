// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** The tables of docs/configuration.md, made of the metatype of the bundles in the distribution. */
final class ConfigurationTable {
  private static final String BEGIN =
      "<!-- Made of the bundles' metatype; ConfigurationTableIT tells how to renew it. -->\n";
  private static final String END = "<!-- The end of what is made. -->\n";

  private ConfigurationTable() {}

  /** A document with its tables as they should be. */
  static String renewed(String document) throws IOException {
    int begin = document.indexOf(BEGIN) + BEGIN.length();
    return document.substring(0, begin) + tables() + document.substring(document.indexOf(END));
  }

  private static String tables() throws IOException {
    Map<String, String> tables = new TreeMap<>();
    try (Stream<Path> jars = Files.walk(Installation.DISTRIBUTION.resolve("system"))) {
      for (Path jar : jars.filter(each -> each.toString().endsWith(".jar")).toList()) {
        addTables(jar, tables);
      }
    }
    return String.join("", tables.values());
  }

  private static void addTables(Path jar, Map<String, String> tables) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      String name =
          Objects.requireNonNullElse(
              file.getManifest().getMainAttributes().getValue("Bundle-SymbolicName"), "");
      if (!name.startsWith("dev.banger.")) {
        return;
      }
      List<JarEntry> described =
          file.stream()
              .filter(each -> each.getName().matches("OSGI-INF/metatype/[^/]+\\.xml"))
              .toList();
      for (JarEntry each : described) {
        Document metatype;
        try (InputStream in = file.getInputStream(each)) {
          metatype = parse(in);
        }
        for (Element designate : elements(metatype, "Designate")) {
          String pid = designate.getAttribute("pid");
          tables.put(pid, table(pid, elements(metatype, "OCD").get(0)));
        }
      }
    }
  }

  private static Document parse(InputStream in) throws IOException {
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      return factory.newDocumentBuilder().parse(in);
    } catch (ParserConfigurationException | SAXException e) {
      throw new IOException(e);
    }
  }

  private static String table(String pid, Element described) {
    StringBuilder table = new StringBuilder();
    table.append("\n### `").append(pid).append("`\n\n");
    table.append(described.getAttribute("description")).append(".\n\n");
    table.append("| key | type | default | what it is |\n|---|---|---|---|\n");
    for (Element key : elements(described, "AD")) {
      table
          .append("| `")
          .append(pid.replaceFirst("^dev\\.banger\\.", ""))
          .append('.')
          .append(key.getAttribute("id"))
          .append("` | ")
          .append(type(key))
          .append(" | ")
          .append(code(key.getAttribute("default")))
          .append(" | ")
          .append(key.getAttribute("description").replace("|", "\\|"))
          .append(" |\n");
    }
    return table.toString();
  }

  private static String type(Element key) {
    List<Element> options = elements(key, "Option");
    if (!options.isEmpty()) {
      return options.stream()
          .map(each -> code(each.getAttribute("value")))
          .collect(Collectors.joining(", "));
    }
    String type =
        switch (key.getAttribute("type")) {
          case "String" -> "text";
          case "Boolean" -> "`true`, `false`";
          default -> "whole number";
        };
    String bounds = bounds(key.getAttribute("min"), key.getAttribute("max"));
    return bounds.isEmpty() ? type : type + ", " + bounds;
  }

  private static String bounds(String min, String max) {
    if (max.isEmpty()) {
      return min.isEmpty() ? "" : "at least " + min;
    }
    return min.isEmpty() ? "at most " + max : min + " to " + max;
  }

  private static String code(String text) {
    return text.isEmpty() ? "empty" : "`" + text + "`";
  }

  private static List<Element> elements(Document document, String name) {
    return elements(document.getDocumentElement(), name);
  }

  private static List<Element> elements(Element parent, String name) {
    NodeList nodes = parent.getElementsByTagNameNS("*", name);
    List<Element> elements = new ArrayList<>();
    if (nodes.getLength() == 0) {
      nodes = parent.getElementsByTagName(name);
    }
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }
}
