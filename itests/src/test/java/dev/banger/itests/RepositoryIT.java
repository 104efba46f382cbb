// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** The bundles for other OSGi hosts, their index and Karaf's feature. */
class RepositoryIT {
  /** What a host has of its own: the framework's companions, logging, Gogo's line editor. */
  private static final Pattern OF_THE_HOST =
      Pattern.compile(
          "org\\.apache\\.felix\\..*|org\\.osgi\\..*|org\\.ops4j\\.pax\\.logging\\..*|org\\.jline");

  private final XPath path = XPathFactory.newInstance().newXPath();

  @Test
  void the_index_has_every_bundle_with_its_digest() throws Exception {
    Map<String, String> expected = new TreeMap<>();
    for (Path bundle : Repository.bundles()) {
      expected.put(Repository.DIRECTORY.relativize(bundle).toString(), sha256(bundle));
    }
    assertThat(expected).hasSizeGreaterThan(20);
    assertThat(contents(Repository.index())).isEqualTo(expected);
  }

  @Test
  void the_feature_has_what_the_distribution_has_and_a_host_lacks() throws Exception {
    Set<String> distributed = new TreeSet<>();
    try (Stream<Path> files = Files.walk(Installation.DISTRIBUTION.resolve("system"))) {
      for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).toList()) {
        if (!OF_THE_HOST.matcher(symbolicName(jar)).matches()) {
          distributed.add(identity(jar));
        }
      }
    }
    Set<String> featured = new TreeSet<>();
    NodeList bundles =
        select(
            "//*[local-name()='feature'][@name='banger']/*[local-name()='bundle']",
            parse(Repository.features()));
    for (int i = 0; i < bundles.getLength(); i++) {
      featured.add(identity(file(bundles.item(i).getTextContent())));
    }
    assertThat(distributed).hasSizeGreaterThan(15);
    assertThat(featured).isEqualTo(distributed);
  }

  /** Where Maven keeps what a {@code mvn:} URL names. */
  private static Path file(String url) {
    Matcher parts = Pattern.compile("mvn:([^/]+)/([^/]+)/([^/]+)").matcher(url);
    assertThat(parts.matches()).as(url).isTrue();
    return Repository.DIRECTORY
        .resolve(parts.group(1).replace('.', '/'))
        .resolve(parts.group(2))
        .resolve(parts.group(3))
        .resolve(parts.group(2) + "-" + parts.group(3) + ".jar");
  }

  private Map<String, String> contents(Path index) throws Exception {
    NodeList capabilities =
        select(
            "//*[local-name()='capability'][@namespace='osgi.content']"
                + "[*[@name='mime'][@value='application/vnd.osgi.bundle']]",
            parse(index));
    Map<String, String> contents = new TreeMap<>();
    for (int i = 0; i < capabilities.getLength(); i++) {
      Node capability = capabilities.item(i);
      contents.put(
          path.evaluate("*[@name='url']/@value", capability),
          path.evaluate("*[@name='osgi.content']/@value", capability).toLowerCase(Locale.ROOT));
    }
    return contents;
  }

  private NodeList select(String expression, Document document) throws Exception {
    return (NodeList) path.evaluate(expression, document, XPathConstants.NODESET);
  }

  private static Document parse(Path file) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    return factory.newDocumentBuilder().parse(file.toFile());
  }

  private static String sha256(Path file) throws IOException, GeneralSecurityException {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }

  private static String symbolicName(Path jar) throws IOException {
    return identity(jar).replaceAll(" .*", "");
  }

  private static String identity(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      Attributes headers = file.getManifest().getMainAttributes();
      return headers.getValue("Bundle-SymbolicName").replaceAll(";.*", "")
          + " "
          + headers.getValue("Bundle-Version");
    }
  }
}
