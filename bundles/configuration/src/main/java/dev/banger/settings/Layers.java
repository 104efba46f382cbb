// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import dev.banger.configuration.ConfigurationProblem;
import dev.banger.configuration.Setting.Source;
import dev.banger.host.BangerDirectories;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The places that say something about a PID, each going before the next. */
@Component(service = Layers.class)
public final class Layers {
  /** Under this the file stands from which a configuration was made, as FileInstall has it. */
  static final String FILE_NAME = "felix.fileinstall.filename";

  /** Stands in a configuration that this bundle has written and that is not just one file. */
  static final String MARK = ".dev.banger.configuration.layers";

  /** What the command line sets begins so; the PID and the key follow. */
  static final String COMMAND_LINE = "banger.config.";

  private static final String SUFFIX = ".cfg";
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^${}]+)}");

  private final Path user;
  private final Optional<Path> installation;
  private final UnaryOperator<String> variables;
  private final Map<Path, Map<String, String>> readable = new ConcurrentHashMap<>();
  private final Map<Path, String> unreadable = new ConcurrentHashMap<>();

  @Activate
  public Layers(BundleContext context, @Reference BangerDirectories directories) {
    this(
        directories.configuration(),
        Optional.ofNullable(context.getProperty("banger.distribution"))
            .map(distribution -> Path.of(distribution, "conf")),
        name ->
            name.startsWith("env:")
                ? System.getenv(name.substring("env:".length()))
                : context.getProperty(name));
  }

  /**
   * @param variables what stands for a name in <code>${…}</code>, or null
   */
  Layers(Path user, Optional<Path> installation, UnaryOperator<String> variables) {
    this.user = user;
    this.installation = installation;
    this.variables = variables;
  }

  /** The file into which the user's values are written. */
  Path userFile(String pid) {
    return user.resolve(pid + SUFFIX);
  }

  private Optional<Path> installationFile(String pid) {
    return installation.map(directory -> directory.resolve(pid + SUFFIX));
  }

  /**
   * What is said of a PID.
   *
   * @param given what the ConfigurationAdmin has, or null
   */
  List<Layer> of(String pid, Dictionary<String, ?> given) {
    List<Layer> layers = new ArrayList<>();
    layers.add(new Layer(Source.COMMAND_LINE, null, commandLine(pid)));
    file(Source.USER_FILE, userFile(pid)).ifPresent(layers::add);
    ofHost(pid, given).ifPresent(layers::add);
    installationFile(pid)
        .flatMap(each -> file(Source.INSTALLATION_FILE, each))
        .ifPresent(layers::add);
    return layers;
  }

  /** The layer of the user's file with this text. */
  Layer ofUser(String pid, CfgFile text) {
    return new Layer(Source.USER_FILE, userFile(pid), substituted(text.values()));
  }

  private static Map<String, String> commandLine(String pid) {
    String prefix = COMMAND_LINE + pid + ".";
    Map<String, String> values = new HashMap<>();
    for (String name : System.getProperties().stringPropertyNames()) {
      if (name.startsWith(prefix) && name.indexOf('.', prefix.length()) < 0) {
        values.put(name.substring(prefix.length()), System.getProperty(name).strip());
      }
    }
    return values;
  }

  private Optional<Layer> file(Source source, Path file) {
    try {
      CfgFile text = CfgFile.read(file);
      unreadable.remove(file);
      readable.put(file, substituted(text.values()));
    } catch (IOException e) {
      unreadable.put(file, e.getMessage() == null ? e.toString() : e.getMessage());
    }
    Map<String, String> values = readable.getOrDefault(file, Map.of());
    return values.isEmpty() ? Optional.empty() : Optional.of(new Layer(source, file, values));
  }

  private Map<String, String> substituted(Map<String, String> values) {
    Map<String, String> substituted = new HashMap<>();
    values.forEach((key, value) -> substituted.put(key, substituted(value)));
    return substituted;
  }

  private String substituted(String value) {
    return VARIABLE
        .matcher(value)
        .replaceAll(
            found -> {
              String stands = variables.apply(found.group(1));
              return Matcher.quoteReplacement(stands == null ? found.group() : stands);
            });
  }

  /** What the host itself says: not a file of ours that it has read. */
  private Optional<Layer> ofHost(String pid, Dictionary<String, ?> given) {
    if (given == null || isOfFiles(pid, given)) {
      return Optional.empty();
    }
    Map<String, String> values = new HashMap<>();
    for (String key : Collections.list(given.keys())) {
      if (!isMark(key)) {
        values.put(key, text(given.get(key)));
      }
    }
    return values.isEmpty()
        ? Optional.empty()
        : Optional.of(new Layer(Source.CONFIGURATION_ADMIN, null, values));
  }

  /** A value as it stands in files: the items of a list have commas between them. */
  static String text(Object value) {
    if (value instanceof Collection<?> items) {
      return items.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
    return value instanceof Object[] items ? text(List.of(items)) : String.valueOf(value).strip();
  }

  /** Whether a configuration says what no place of ours does. */
  boolean isOfHost(String pid, Dictionary<String, ?> given) {
    return ofHost(pid, given).isPresent();
  }

  private static boolean isMark(String key) {
    return key.equals(MARK)
        || key.startsWith("service.")
        || key.startsWith("felix.")
        || key.startsWith("component.");
  }

  /** Whether a configuration is nothing but what stands in files of ours. */
  boolean isOfFiles(String pid, Dictionary<String, ?> given) {
    Object file = given.get(FILE_NAME);
    return file != null
        && (file.equals(address(userFile(pid)))
            || installationFile(pid).filter(each -> file.equals(address(each))).isPresent());
  }

  /** Whether more than one place of ours says something, or one that no reader of files knows. */
  boolean isLayered(String pid) {
    boolean both =
        Files.exists(userFile(pid)) && installationFile(pid).filter(Files::exists).isPresent();
    return both || !commandLine(pid).isEmpty();
  }

  /** What a configuration of the files has to hold; empty when no place of ours says anything. */
  Optional<Map<String, Object>> content(String pid) {
    Optional<Path> file =
        Optional.of(userFile(pid))
            .filter(Files::exists)
            .or(() -> installationFile(pid).filter(Files::exists));
    if (file.isEmpty() && commandLine(pid).isEmpty()) {
      return Optional.empty();
    }
    Map<String, Object> content = new HashMap<>();
    file.ifPresent(
        each -> {
          file(Source.USER_FILE, each).ifPresent(layer -> content.putAll(layer.values()));
          content.put(FILE_NAME, address(each));
        });
    return Optional.of(content);
  }

  private static String address(Path file) {
    return file.toAbsolutePath().toFile().toURI().toString();
  }

  /** The PIDs that the command line says something about. */
  static Set<String> commandLinePids() {
    Set<String> pids = new TreeSet<>();
    for (String name : System.getProperties().stringPropertyNames()) {
      if (name.startsWith(COMMAND_LINE) && name.lastIndexOf('.') > COMMAND_LINE.length()) {
        pids.add(name.substring(COMMAND_LINE.length(), name.lastIndexOf('.')));
      }
    }
    return pids;
  }

  /** The PIDs for which there are files. */
  Set<String> filedPids() {
    Set<String> pids = userPids();
    installation.ifPresent(directory -> pids.addAll(pids(directory)));
    return pids;
  }

  /** The PIDs for which the user has files. */
  Set<String> userPids() {
    return pids(user);
  }

  private static Set<String> pids(Path directory) {
    Set<String> pids = new TreeSet<>();
    if (Files.isDirectory(directory)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
        for (Path file : files) {
          String name = file.getFileName().toString();
          pids.add(name.substring(0, name.length() - SUFFIX.length()));
        }
      } catch (IOException e) {
        return pids; // what cannot be listed cannot be read either
      }
    }
    return pids;
  }

  /** The files of a PID that cannot be read; what they last said is still in force. */
  List<ConfigurationProblem> unreadable(String pid) {
    List<ConfigurationProblem> problems = new ArrayList<>();
    for (Path file :
        installationFile(pid)
            .map(each -> List.of(userFile(pid), each))
            .orElse(List.of(userFile(pid)))) {
      String why = unreadable.get(file);
      if (why != null) {
        problems.add(
            new ConfigurationProblem(
                pid, null, file, null, "it " + why + "; what it said before is in force"));
      }
    }
    return problems;
  }

  /** Whether the user has a file of the other format for a PID. */
  boolean hasTypedFile(String pid) {
    return Files.exists(user.resolve(pid + ".config"), LinkOption.NOFOLLOW_LINKS);
  }
}
