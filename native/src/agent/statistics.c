// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "statistics.h"

#include "mounts.h"

#include "../common/fields.h"
#include "../common/frame.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS UINT64_C(1000000000)

static void append_numbers(struct buffer *out, uint8_t tag, const uint64_t *numbers, size_t count) {
    uint8_t value[16];
    for (size_t i = 0; i < count; i++) {
        store_u64(value + 8 * i, numbers[i]);
    }
    field_append(out, tag, value, 8 * count);
}

static void append_number(struct buffer *out, uint8_t tag, uint32_t number) {
    uint8_t value[4];
    store_u32(value, number);
    field_append(out, tag, value, sizeof value);
}

static void append_uptime(struct buffer *out) {
    struct timespec now;
    if (clock_gettime(CLOCK_BOOTTIME, &now) == 0) {
        uint64_t milliseconds = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
        append_numbers(out, FIELD_UPTIME, &milliseconds, 1);
    }
}

static void append_memory(struct buffer *out) {
    FILE *file = fopen("/proc/meminfo", "re");
    if (file == NULL) {
        return;
    }
    char line[128];
    uint64_t kilobytes[2];
    unsigned found = 0;
    while (found != 3 && fgets(line, sizeof line, file) != NULL) {
        found |= sscanf(line, "MemTotal: %" SCNu64, &kilobytes[0]) == 1 ? 1 : 0;
        found |= sscanf(line, "MemAvailable: %" SCNu64, &kilobytes[1]) == 1 ? 2 : 0;
    }
    fclose(file);
    if (found == 3) {
        append_numbers(out, FIELD_MEMORY, (const uint64_t[]){kilobytes[0] * 1024, kilobytes[1] * 1024}, 2);
    }
}

static void append_load(struct buffer *out) {
    FILE *file = fopen("/proc/loadavg", "re");
    if (file == NULL) {
        return;
    }
    uint32_t whole;
    uint32_t hundredths;
    if (fscanf(file, "%" SCNu32 ".%2" SCNu32, &whole, &hundredths) == 2) {
        append_number(out, FIELD_LOAD, whole * 1000 + hundredths * 10);
    }
    fclose(file);
}

static void append_processes(struct buffer *out) {
    DIR *processes = opendir("/proc");
    if (processes == NULL) {
        return;
    }
    uint32_t count = 0;
    struct dirent *entry;
    while ((entry = readdir(processes)) != NULL) {
        count += entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? 1 : 0;
    }
    closedir(processes);
    append_number(out, FIELD_PROCESSES, count);
}

// proc(5), /proc/stat: user nice system idle iowait irq softirq steal; what guests use is in the first two already.
static void append_processor_time(struct buffer *out) {
    FILE *file = fopen("/proc/stat", "re");
    if (file == NULL) {
        return;
    }
    uint64_t ticks[8] = {0};
    int count = fscanf(file, "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
        &ticks[0], &ticks[1], &ticks[2], &ticks[3], &ticks[4], &ticks[5], &ticks[6], &ticks[7]);
    fclose(file);
    if (count < 4) {
        return;
    }
    uint64_t total = 0;
    for (size_t i = 0; i < 8; i++) {
        total += ticks[i];
    }
    uint64_t tick = NANOSECONDS / (uint64_t)sysconf(_SC_CLK_TCK);
    append_numbers(out, FIELD_PROCESSOR_TIME, (const uint64_t[]){total * tick, (ticks[3] + ticks[4]) * tick}, 2);
}

static void append_file_system(struct buffer *out, const char *path) {
    struct statvfs system;
    uint8_t value[16 + MOUNT_PATH_LIMIT];
    if (statvfs(path, &system) != 0) {
        return;
    }
    store_u64(value, (uint64_t)system.f_blocks * system.f_frsize);
    store_u64(value + 8, (uint64_t)system.f_bfree * system.f_frsize);
    memcpy(value + 16, path, strlen(path));
    field_append(out, FIELD_FILE_SYSTEM, value, 16 + strlen(path));
}

void statistics_append(struct buffer *out, const struct mounts *mounts) {
    append_uptime(out);
    append_memory(out);
    append_load(out);
    append_processes(out);
    append_processor_time(out);
    append_file_system(out, "/");
    for (size_t i = 0; mounts != NULL && i < mounts->count; i++) {
        if (mounts_is_there(&mounts->disks[i])) {
            append_file_system(out, mounts->disks[i].path);
        }
    }
}
