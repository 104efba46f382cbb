// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.event.Event;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The last start of a machine, as its events tell it.
 *
 * @param vmId the machine's id
 * @param vmName its name
 * @param outcome {@code started}, {@code failed}, {@code unfinished} (under way, or cut short) or
 *     {@code never_started}
 * @param operationId the operation that started it, or created it when nobody started it
 * @param at when it was begun
 * @param ms how long it took, or null when it did not succeed
 * @param steps what was done, in order
 * @param error why it failed, or why its run ended; null when all is well
 * @param since what happened after the start
 * @param next commands that lead on
 */
record Explanation(
    String vmId,
    String vmName,
    String outcome,
    String operationId,
    Instant at,
    Long ms,
    List<Step> steps,
    String error,
    List<Event> since,
    List<String> next) {

  /**
   * A step of a start.
   *
   * @param error why it failed, or null
   */
  record Step(String layer, String step, long ms, String error) {}

  private static final Set<String> ENDS = Set.of(Event.STARTED, Event.START_FAILED);

  /**
   * @param events all that is known of one machine, in order; at least one
   */
  static Explanation of(List<Event> events) {
    int begin = lastIndex(events, Event.STARTING);
    List<Event> ahead = begin < 0 ? events : events.subList(begin, events.size());
    Optional<Event> end = ahead.stream().filter(event -> ENDS.contains(event.kind())).findFirst();
    Event first = ahead.get(0);
    Event last = events.get(events.size() - 1);
    List<Event> since =
        ahead.stream()
            .filter(event -> event.number() > end.orElse(first).number())
            .filter(event -> !event.kind().equals(Event.STAGE))
            .toList();
    List<Step> steps = new ArrayList<>();
    events.stream()
        .filter(event -> event.kind().equals(Event.CREATED))
        .filter(event -> event.operationId().equals(first.operationId()))
        .forEach(event -> addCreation(event, steps));
    ahead.stream().filter(event -> event.kind().equals(Event.STAGE)).forEach(e -> add(e, steps));
    String error = error(ahead);
    return new Explanation(
        last.vmId(),
        last.vmName(),
        begin < 0 ? "never_started" : end.map(Explanation::outcome).orElse("unfinished"),
        first.operationId(),
        first.at(),
        end.filter(event -> event.kind().equals(Event.STARTED))
            .map(e -> millis(e, "ms"))
            .orElse(null),
        List.copyOf(steps),
        error,
        since,
        next(last, steps, error));
  }

  private static int lastIndex(List<Event> events, String kind) {
    int index = events.size() - 1;
    while (index >= 0 && !events.get(index).kind().equals(kind)) {
      index--;
    }
    return index;
  }

  private static String outcome(Event end) {
    return end.kind().equals(Event.STARTED) ? "started" : "failed";
  }

  /** Why the start failed, or how the run that it began ended by itself. */
  private static String error(List<Event> events) {
    return events.stream()
        .filter(event -> Set.of(Event.START_FAILED, Event.ENDED).contains(event.kind()))
        .reduce((earlier, later) -> later)
        .map(event -> event.details().get("error"))
        .orElse(null);
  }

  private static void addCreation(Event created, List<Step> steps) {
    Map<String, String> parts =
        Map.of("image_ms", "image", "kernel_ms", "kernel", "reserve_ms", "store");
    created
        .details()
        .forEach(
            (name, value) -> {
              if (parts.containsKey(name)) {
                String step = name.equals("reserve_ms") ? "reserve" : "resolve";
                steps.add(new Step(parts.get(name), step, millis(created, name), null));
              }
            });
  }

  private static void add(Event stage, List<Step> steps) {
    Map<String, String> details = stage.details();
    steps.add(
        new Step(
            details.getOrDefault("layer", ""),
            details.getOrDefault("step", ""),
            millis(stage, "ms"),
            details.get("error")));
  }

  private static long millis(Event event, String name) {
    try {
      return Long.parseLong(event.details().getOrDefault(name, "0"));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static List<String> next(Event last, List<Step> steps, String error) {
    if (error == null || last.kind().equals(Event.DELETED)) {
      return List.of();
    }
    boolean guest =
        last.kind().equals(Event.ENDED)
            || steps.stream().anyMatch(step -> step.layer.equals("guest") && step.error != null);
    return List.of(
        guest ? "banger vm logs " + last.vmName() : "banger doctor",
        "banger vm start " + last.vmName());
  }
}
