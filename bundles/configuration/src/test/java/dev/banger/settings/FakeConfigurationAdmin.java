// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationEvent;

/** Delivers each change at once: first to the component, through the resolver, then as an event. */
final class FakeConfigurationAdmin implements ConfigurationAdmin {
  /** What the component of a PID has got last. */
  final Map<String, Map<String, Object>> delivered = new HashMap<>();

  /** The PID that cannot be updated just now, or null. */
  String refused;

  Resolver resolver;
  Delivery listener;
  private final Map<String, Stored> stored = new LinkedHashMap<>();
  private int created;

  private void event(Stored configuration, int type) {
    if (listener != null) {
      ServiceReference<?> reference =
          (ServiceReference<?>)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {ServiceReference.class},
                  (proxy, method, arguments) -> null);
      @SuppressWarnings("unchecked")
      ServiceReference<ConfigurationAdmin> own = (ServiceReference<ConfigurationAdmin>) reference;
      listener.configurationEvent(
          new ConfigurationEvent(own, type, configuration.factoryPid, configuration.pid));
    }
  }

  @Override
  public Configuration createFactoryConfiguration(String factoryPid, String location) {
    return new Stored(factoryPid + "~" + ++created, factoryPid);
  }

  @Override
  public Configuration getConfiguration(String pid, String location) {
    return stored.getOrDefault(pid, new Stored(pid, null));
  }

  @Override
  public Configuration[] listConfigurations(String filter) {
    List<Stored> found =
        stored.values().stream()
            .filter(each -> filter.equals("(service.pid=" + each.pid + ")"))
            .toList();
    return found.isEmpty() ? null : found.toArray(Configuration[]::new);
  }

  @Override
  public Configuration createFactoryConfiguration(String factoryPid) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Configuration getConfiguration(String pid) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Configuration getFactoryConfiguration(String factoryPid, String name, String location) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Configuration getFactoryConfiguration(String factoryPid, String name) {
    throw new UnsupportedOperationException();
  }

  private final class Stored implements Configuration {
    private final String pid;
    private final String factoryPid;
    private Hashtable<String, Object> properties = new Hashtable<>();

    private Stored(String pid, String factoryPid) {
      this.pid = pid;
      this.factoryPid = factoryPid;
    }

    @Override
    public String getPid() {
      return pid;
    }

    @Override
    public String getFactoryPid() {
      return factoryPid;
    }

    @Override
    public Dictionary<String, Object> getProperties() {
      return new Hashtable<>(properties);
    }

    @Override
    public void update(Dictionary<String, ?> changed) throws IOException {
      if (pid.equals(refused)) {
        throw new IOException("no space left");
      }
      properties = new Hashtable<>();
      for (String key : Collections.list(changed.keys())) {
        properties.put(key, changed.get(key));
      }
      properties.put("service.pid", pid);
      stored.put(pid, this);
      if (resolver != null) {
        Hashtable<String, Object> processed = new Hashtable<>(properties);
        resolver.deliver(pid, processed);
        delivered.put(pid, processed);
      }
      event(this, ConfigurationEvent.CM_UPDATED);
    }

    @Override
    public void delete() {
      stored.remove(pid);
      delivered.remove(pid);
      event(this, ConfigurationEvent.CM_DELETED);
    }

    @Override
    public Dictionary<String, Object> getProcessedProperties(ServiceReference<?> reference) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void update() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean updateIfDifferent(Dictionary<String, ?> changed) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void setBundleLocation(String location) {
      throw new UnsupportedOperationException();
    }

    @Override
    public String getBundleLocation() {
      throw new UnsupportedOperationException();
    }

    @Override
    public long getChangeCount() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void addAttributes(ConfigurationAttribute... attributes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Set<ConfigurationAttribute> getAttributes() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void removeAttributes(ConfigurationAttribute... attributes) {
      throw new UnsupportedOperationException();
    }
  }
}
