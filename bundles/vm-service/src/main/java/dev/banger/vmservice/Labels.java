// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.vm.Disposable;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** What the owner of a machine says of it. */
final class Labels {
  private static final Pattern KEY = Pattern.compile("[a-z0-9._/-]{1,63}");
  private static final int LONGEST_VALUE = 255;
  private static final int MOST = 64;

  private Labels() {}

  /**
   * Returns when labels may be set.
   *
   * @throws BangerException BAD_REQUEST
   */
  static void check(Map<String, String> labels) {
    refuseOtherProcess(labels);
    checkForm(labels);
  }

  /** A machine of a process that does not run is deleted: nobody may make one by mistake. */
  private static void refuseOtherProcess(Map<String, String> labels) {
    String owner = labels.get(Disposable.LABEL);
    if (owner != null && !owner.equals(Disposable.labels(Map.of()).get(Disposable.LABEL))) {
      throw bad(
          "the label \"%s\" is banger's own: 'vm run --rm' sets it, and a machine with another value would be deleted"
              .formatted(Disposable.LABEL));
    }
  }

  private static void checkForm(Map<String, String> labels) {
    labels.forEach(
        (key, value) -> {
          if (!KEY.matcher(key).matches()) {
            throw bad("the key of a label must be 1 to 63 of a-z, 0-9, '.', '_', '/' and '-'");
          }
          if (value.length() > LONGEST_VALUE || value.chars().anyMatch(Character::isISOControl)) {
            throw bad(
                "the value of label \"%s\" must be at most %d characters, none a control character"
                    .formatted(key, LONGEST_VALUE));
          }
        });
    if (labels.size() > MOST) {
      throw bad("a machine can have at most %d labels".formatted(MOST));
    }
  }

  /** Labels after a change that was checked by itself. */
  static Map<String, String> changed(
      Map<String, String> labels, Map<String, String> set, Collection<String> removed) {
    refuseOtherProcess(set);
    Map<String, String> result = new TreeMap<>(labels);
    removed.forEach(result::remove);
    result.putAll(set);
    checkForm(result);
    return result;
  }

  /** Whether a machine has all that is asked for. */
  static boolean match(Map<String, String> labels, Map<String, String> asked) {
    return labels.entrySet().containsAll(asked.entrySet());
  }

  private static BangerException bad(String message) {
    return new BangerException(ErrorCode.BAD_REQUEST, message);
  }
}
