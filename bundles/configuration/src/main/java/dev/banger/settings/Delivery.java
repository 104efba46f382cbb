// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationEvent;
import org.osgi.service.cm.ConfigurationListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the ConfigurationAdmin in step with the layers. Whoever reads files into it knows one file
 * a PID: when that goes, what lies underneath is put in its place.
 */
@Component(
    immediate = true,
    service = {Delivery.class, ConfigurationListener.class})
public final class Delivery implements ConfigurationListener {
  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);
  private static final String ANY_BUNDLE = "?";
  private static final String FENCE = "dev.banger.configuration.fence";
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(2);

  private final ConfigurationAdmin admin;
  private final Layers layers;
  private final AtomicLong marks = new AtomicLong();
  private final Set<String> passed = ConcurrentHashMap.newKeySet();

  /** What is to be restored, by the fence after which it is. */
  private final Map<String, String> deleted = new ConcurrentHashMap<>();

  @Activate
  public Delivery(@Reference ConfigurationAdmin admin, @Reference Layers layers) {
    this.admin = admin;
    this.layers = layers;
    Set<String> pids = new TreeSet<>(Layers.commandLinePids());
    pids.addAll(layers.filedPids());
    pids.stream().filter(layers::isLayered).forEach(this::restore);
  }

  /** What the ConfigurationAdmin has for a PID, or null. */
  Dictionary<String, Object> given(String pid) {
    try {
      Configuration[] found = admin.listConfigurations("(service.pid=" + pid + ")");
      return found == null ? null : found[0].getProperties();
    } catch (IllegalStateException e) {
      return null; // deleted meanwhile
    } catch (IOException | InvalidSyntaxException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, "the configuration cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Has a configuration delivered anew.
   *
   * @throws BangerException OPERATION_FAILED
   */
  void renew(String pid) {
    Dictionary<String, Object> given = given(pid);
    try {
      if (given != null && layers.isOfHost(pid, given)) {
        given.put(Layers.MARK, marks.incrementAndGet());
        admin.getConfiguration(pid, ANY_BUNDLE).update(given);
      } else {
        write(pid, layers.content(pid).orElseGet(Map::of));
      }
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "the configuration cannot be delivered: " + e.getMessage(),
          e);
    }
  }

  private void write(String pid, Map<String, Object> content) throws IOException {
    Hashtable<String, Object> properties = new Hashtable<>(content);
    if (layers.isLayered(pid) || content.isEmpty()) {
      properties.put(Layers.MARK, marks.incrementAndGet());
    }
    admin.getConfiguration(pid, ANY_BUNDLE).update(properties);
  }

  private void restore(String pid) {
    try {
      Optional<Map<String, Object>> content = layers.content(pid);
      if (content.isPresent()) {
        write(pid, content.get());
      }
    } catch (IOException e) {
      LOG.warn("what lies underneath {} cannot be delivered", pid, e);
    }
  }

  /**
   * Returns when all that was renewed before has come to whom it concerns: events are delivered one
   * after the other, so that the one of another configuration comes after theirs.
   *
   * @throws BangerException DEADLINE_EXCEEDED
   */
  void await(Operation operation) {
    try {
      Configuration fence = admin.createFactoryConfiguration(FENCE, ANY_BUNDLE);
      try {
        fence.update(new Hashtable<>(Map.of(Layers.MARK, marks.incrementAndGet())));
        operation.within(LIMIT).await(() -> passed.contains(fence.getPid()), PAUSE);
      } finally {
        passed.remove(fence.getPid());
        fence.delete();
      }
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "the values are written, but it is not known whether they are delivered: "
              + e.getMessage(),
          e);
    }
  }

  /**
   * Restores what lies underneath once everybody has been told of the deletion: who finds another
   * configuration of that name already takes it for an older one, by its count of changes.
   */
  private void restoreAfterwards(String pid) {
    if (layers.content(pid).isEmpty()) {
      return;
    }
    try {
      Configuration fence = admin.createFactoryConfiguration(FENCE, ANY_BUNDLE);
      deleted.put(fence.getPid(), pid);
      fence.update(new Hashtable<>(Map.of(Layers.MARK, marks.incrementAndGet())));
    } catch (IOException e) {
      LOG.warn("what lies underneath {} cannot be delivered", pid, e);
    }
  }

  private void restoreBehind(String fence, String pid) {
    restore(pid);
    try {
      admin.getConfiguration(fence, ANY_BUNDLE).delete();
    } catch (IOException e) {
      LOG.warn("a configuration of {} is left over", FENCE, e);
    }
  }

  @Override
  public void configurationEvent(ConfigurationEvent event) {
    String restored = deleted.remove(event.getPid());
    if (restored != null) {
      restoreBehind(event.getPid(), restored);
    } else if (FENCE.equals(event.getFactoryPid())) {
      if (event.getType() == ConfigurationEvent.CM_UPDATED) {
        passed.add(event.getPid());
      } else {
        passed.remove(event.getPid());
      }
    } else if (event.getFactoryPid() == null) {
      correct(event.getPid(), event.getType());
    }
  }

  private void correct(String pid, int type) {
    if (type == ConfigurationEvent.CM_DELETED) {
      restoreAfterwards(pid);
    } else if (type == ConfigurationEvent.CM_UPDATED && layers.isLayered(pid)) {
      Dictionary<String, Object> given = given(pid);
      // Marked, so that its reader finds the next change of a file to be one, whatever it says.
      if (given != null
          && layers.isOfFiles(pid, given)
          && !Collections.list(given.keys()).contains(Layers.MARK)) {
        restore(pid);
      }
    }
  }
}
