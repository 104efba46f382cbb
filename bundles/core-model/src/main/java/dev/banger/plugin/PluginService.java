// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugin;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The bundles that banger consists of and those that others add, in the framework that runs now.
 * Changes are made one after another. Safe for use by many threads.
 *
 * <p>A bundle is named by its symbolic name, or by its last part where that is unambiguous: {@code
 * store} is {@code dev.banger.store}. Where another program is the host of banger, that program
 * installs bundles: they can be looked at, and every change is refused with HOST_UNFIT.
 */
@ProviderType
public interface PluginService {
  /**
   * Waits until the plugins that were there when the daemon started have started as well: they come
   * last. Those that never start are waited for during the daemon's first five seconds only.
   *
   * @throws BangerException CANCELLED or DEADLINE_EXCEEDED of the operation
   */
  void awaitInitial(Operation operation);

  /**
   * The bundles that are installed, by name.
   *
   * @param all whether those that banger consists of are among them
   */
  List<Plugin> list(boolean all);

  /**
   * The jars that lie among the plugins and are no bundles, with what is wrong with each; not those
   * to which somebody still writes.
   */
  List<PluginProblem> refusedJars();

  /**
   * All that is known of a bundle.
   *
   * @throws BangerException NOT_FOUND
   */
  PluginDetails info(String name);

  /**
   * Why a bundle, or a part of it, does not work.
   *
   * @return what it lacks; empty when nothing keeps it from working
   * @throws BangerException NOT_FOUND
   */
  List<PluginProblem> why(String name);

  /**
   * Brings a jar here and finds out whether it could be installed. Changes nothing.
   *
   * @throws BangerException NOT_FOUND or UNAVAILABLE when it cannot be brought; CORRUPT when it is
   *     not the one of the digest; BAD_REQUEST when it is no bundle; ALREADY_EXISTS when a bundle
   *     of its name is installed; OPERATION_FAILED when it does not fit, with what it lacks;
   *     HOST_UNFIT
   */
  PluginCandidate examine(PluginSource source, Operation operation);

  /**
   * Installs a jar and waits until it works; when it does not, it is taken away again.
   *
   * @param source where it comes from; with the digest of what was {@linkplain #examine examined}
   *     nothing else is installed
   * @throws BangerException as of {@link #examine}, and OPERATION_FAILED when it does not work
   */
  Plugin install(PluginSource source, Operation operation);

  /**
   * Removes a plugin and its jar and waits until it is gone and its capabilities were cleaned up.
   *
   * @throws BangerException NOT_FOUND; IN_USE for what banger consists of; HOST_UNFIT;
   *     OPERATION_FAILED when the jar cannot be removed
   */
  PluginRemoval remove(String name, Operation operation);

  /**
   * Replaces a bundle by another version of it, or reads its jar again, and returns to the previous
   * one when the new one does not resolve, does not start, lacks a service or an active component
   * that the previous one had, or fails its {@link PluginSelfCheck}. Once it has begun it goes on
   * whatever happens to the operation.
   *
   * <p>Whoever waits for the update of {@code dev.banger.runtime} or {@code dev.banger.shell} may
   * be a part of what goes: for these two it returns as soon as the new jar was found to fit, with
   * an update that is {@linkplain PluginUpdate.State#RUNNING running}; {@link #await} tells how it
   * ended.
   *
   * @param name the bundle's name
   * @param source the new jar; null for the one that lies in its place
   * @throws BangerException NOT_FOUND for an unknown bundle; BAD_REQUEST for a jar of another one;
   *     HOST_UNFIT; IN_USE for a bundle that cannot be replaced while the daemon runs;
   *     OPERATION_FAILED when the jar does not fit, or when the update was given up
   */
  PluginUpdate update(String name, PluginSource source, Operation operation);

  /**
   * Waits for the update of a bundle that runs, if one does.
   *
   * @return the last update of that bundle, whether it succeeded or not
   * @throws BangerException NOT_FOUND when there was none since the daemon started; CANCELLED or
   *     DEADLINE_EXCEEDED of the operation that waits
   */
  PluginUpdate await(String name, Operation operation);
}
