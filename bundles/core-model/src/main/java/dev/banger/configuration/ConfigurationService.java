// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.configuration;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The configuration of all bundles that describe theirs with metatype. A key is named by its PID
 * and its key with a dot between them; of the PID any ending that begins after a dot will do when
 * no other PID has it: {@code vm.vcpus} is {@code dev.banger.vm.vcpus}. Safe for use by many
 * threads.
 *
 * <p>Every method throws UNAVAILABLE when the OSGi host has no MetaTypeService, without which
 * nobody knows what keys there are.
 */
@ProviderType
public interface ConfigurationService {
  /** Everything. */
  Configuration list();

  /**
   * One key.
   *
   * @throws BangerException NOT_FOUND when there is no such key; BAD_REQUEST when the name stands
   *     for several
   */
  Setting get(String name);

  /**
   * Writes values into the user's files and returns when they have been delivered to whom they
   * concern. Nothing is changed unless all values are right together.
   *
   * @param values values by the keys' names
   * @return the keys as they stand then, in the order of {@code values}; one that the command line
   *     sets keeps that value
   * @throws BangerException NOT_FOUND and BAD_REQUEST, as for {@link #get}; BAD_REQUEST when a
   *     value is not one of the key's, or when the file is one that must not be written; NO_SPACE,
   *     OPERATION_FAILED when it cannot be written; DEADLINE_EXCEEDED when the values are written
   *     but not delivered in time
   */
  List<Setting> set(Map<String, String> values, Operation operation);

  /**
   * Takes keys out of the user's files, so that what lies underneath is in force. Those that are
   * not there stay as they are.
   *
   * @return the keys as they stand then
   * @throws BangerException as {@link #set}
   */
  List<Setting> unset(List<String> names, Operation operation);
}
