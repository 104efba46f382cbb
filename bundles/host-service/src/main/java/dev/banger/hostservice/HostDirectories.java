// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import java.nio.file.Path;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directories of this installation, made and locked: whoever has this service is the only
 * daemon that uses them. Where they lie is told by {@link DirectoryLayout}.
 */
@Component
public final class HostDirectories implements BangerDirectories {
  private static final Logger LOG = LoggerFactory.getLogger(HostDirectories.class);

  private final DirectoryLayout layout;
  private final InstanceLock lock;

  @Activate
  public HostDirectories(BundleContext context) {
    try {
      int uid = PrivateDirectory.ownUid();
      layout = DirectoryLayout.of(context::getProperty, System::getenv, uid);
      lock = prepare(layout, uid);
    } catch (BangerException e) {
      LOG.error("banger cannot work here: {}", e.getMessage());
      stopOwnProcess(context, e);
      throw e;
    }
  }

  /** Makes the directories and takes the lock. */
  static InstanceLock prepare(DirectoryLayout layout, int uid) {
    PrivateDirectory directories = new PrivateDirectory(uid);
    directories.create(layout.configuration());
    directories.create(layout.state());
    directories.create(layout.cache());
    directories.createForSockets(layout.run());
    return InstanceLock.acquire(layout.state());
  }

  /**
   * A bangerd of its own ends, so that the person sees why; a host that runs other things too lives
   * on.
   */
  private static void stopOwnProcess(BundleContext context, BangerException reason) {
    if (context.getProperty("banger.distribution") == null) {
      return;
    }
    System.err.println("bangerd: " + reason.getMessage());
    try {
      context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).stop();
    } catch (BundleException e) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, "cannot stop: " + e.getMessage(), e);
    }
  }

  @Deactivate
  void release() {
    lock.close();
  }

  @Override
  public Path configuration() {
    return layout.configuration();
  }

  @Override
  public Path state() {
    return layout.state();
  }

  @Override
  public Path cache() {
    return layout.cache();
  }

  @Override
  public Path run() {
    return layout.run();
  }
}
