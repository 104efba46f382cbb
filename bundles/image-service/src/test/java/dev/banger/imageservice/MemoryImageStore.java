// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.Image;
import dev.banger.store.ImageStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/** Image records in memory, with the store's refusals. */
public final class MemoryImageStore implements ImageStore {
  final Set<String> used = ConcurrentHashMap.newKeySet();
  volatile BangerException insertFailure;
  volatile BangerException updateFailure;
  private final List<Image> images = new ArrayList<>();
  private final AtomicReference<Runnable> afterList = new AtomicReference<>(() -> {});

  /** Does something between the next look at all images and what is made of it. */
  void afterNextList(Runnable action) {
    afterList.set(action);
  }

  @Override
  public List<Image> list() {
    List<Image> listed;
    synchronized (this) {
      listed = List.copyOf(images);
    }
    afterList.getAndSet(() -> {}).run();
    return listed;
  }

  @Override
  public synchronized Optional<Image> findById(String id) {
    return images.stream().filter(image -> image.id().equals(id)).findFirst();
  }

  @Override
  public synchronized Optional<Image> findByName(String name) {
    return images.stream().filter(image -> image.name().equals(name)).findFirst();
  }

  @Override
  public synchronized void insert(Image image) {
    if (insertFailure != null) {
      throw insertFailure;
    }
    if (findByName(image.name()).isPresent()) {
      throw new BangerException(ErrorCode.ALREADY_EXISTS, image.name() + " is taken");
    }
    images.add(image);
  }

  @Override
  public synchronized void update(Image image) {
    if (updateFailure != null) {
      throw updateFailure;
    }
    if (findByName(image.name()).filter(other -> !other.id().equals(image.id())).isPresent()) {
      throw new BangerException(ErrorCode.ALREADY_EXISTS, image.name() + " is taken");
    }
    images.replaceAll(each -> each.id().equals(image.id()) ? image : each);
  }

  @Override
  public synchronized void replaceUnused(Image image) {
    requireUnused(image.id());
    update(image);
  }

  @Override
  public synchronized void delete(String id) {
    requireUnused(id);
    images.removeIf(image -> image.id().equals(id));
  }

  private void requireUnused(String id) {
    if (used.contains(id)) {
      throw new BangerException(ErrorCode.IN_USE, "vm box uses it");
    }
  }
}
