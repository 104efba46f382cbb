// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.operation.Progress;
import dev.banger.operation.ProgressEvent;
import dev.banger.wire.FrameOutput;
import dev.banger.wire.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * Progress as frames. A client that is slow (or was stopped with Ctrl-Z) holds up nobody: events
 * wait in a short queue, where counts of the same stage replace each other and the oldest fall out.
 */
final class ProgressFrames implements Progress {
  private static final int QUEUE_LIMIT = 64;

  private final FrameOutput frames;
  private final Json json;
  private final Executor executor;
  private final Progress also;
  private final Deque<ProgressEvent> queue = new ArrayDeque<>();
  private final Object writing = new Object();
  private boolean scheduled;
  private boolean finished;

  /**
   * @param executor runs what writes to the client
   * @param also gets every event too, at once
   */
  ProgressFrames(FrameOutput frames, Json json, Executor executor, Progress also) {
    this.frames = frames;
    this.json = json;
    this.executor = executor;
    this.also = also;
  }

  @Override
  public void report(ProgressEvent event) {
    also.report(event);
    synchronized (queue) {
      if (finished) {
        return;
      }
      ProgressEvent last = queue.peekLast();
      if (last != null
          && last.countsBytes()
          && event.countsBytes()
          && last.stage().equals(event.stage())) {
        queue.removeLast();
      }
      if (queue.size() == QUEUE_LIMIT) {
        queue.removeFirst();
      }
      queue.addLast(event);
      if (scheduled) {
        return;
      }
      scheduled = true;
    }
    executor.execute(this::drain);
  }

  private void drain() {
    synchronized (writing) {
      for (ProgressEvent event = next(); event != null; event = next()) {
        try {
          frames.write(
              0, MessageType.PROGRESS, json.write(fields(event)).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
          return; // The client is gone, which its reader finds out and acts upon.
        }
      }
    }
  }

  private ProgressEvent next() {
    synchronized (queue) {
      ProgressEvent event = queue.pollFirst();
      if (event == null) {
        scheduled = false;
      }
      return event;
    }
  }

  private static Map<String, Object> fields(ProgressEvent event) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("stage", event.stage());
    fields.put("message", event.message());
    if (event.countsBytes()) {
      fields.put("done", event.done());
      fields.put("total", event.total());
    }
    return fields;
  }

  /** Sends what waits, and takes nothing more: the last frame of the connection comes next. */
  void finish() {
    synchronized (queue) {
      finished = true;
    }
    drain();
  }
}
