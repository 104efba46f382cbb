// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "users.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static bool parse_id(const char *text, size_t length, id_t *id) {
    if (length == 0 || length > 10 || strspn(text, "0123456789") < length) {
        return false;
    }
    unsigned long long value = strtoull(text, NULL, 10);
    // (id_t)-1 means "unchanged" to the system calls.
    if (value >= (id_t)-1) {
        return false;
    }
    *id = (id_t)value;
    return true;
}

static void remember(struct guest_user *user, const struct passwd *entry) {
    user->uid = entry->pw_uid;
    user->gid = entry->pw_gid;
    snprintf(user->name, sizeof user->name, "%s", entry->pw_name);
    snprintf(user->home, sizeof user->home, "%s", entry->pw_dir[0] == '/' ? entry->pw_dir : "/");
    snprintf(user->shell, sizeof user->shell, "%s", entry->pw_shell[0] == '/' ? entry->pw_shell : "/bin/sh");
}

static bool find_entry(const char *name, bool numeric, uid_t uid, struct guest_user *user) {
    FILE *file = fopen("/etc/passwd", "re");
    if (file == NULL) {
        return false;
    }
    bool found = false;
    struct passwd *entry;
    while (!found && (entry = fgetpwent(file)) != NULL) {
        found = numeric ? entry->pw_uid == uid : strcmp(entry->pw_name, name) == 0;
        if (found) {
            remember(user, entry);
        }
    }
    fclose(file);
    return found;
}

static void add_group(struct guest_user *user, gid_t gid) {
    for (size_t i = 0; i < user->group_count; i++) {
        if (user->groups[i] == gid) {
            return;
        }
    }
    if (user->group_count < LENGTH(user->groups)) {
        user->groups[user->group_count++] = gid;
    }
}

static bool is_member(const struct group *group, const char *name) {
    for (char **member = group->gr_mem; *member != NULL; member++) {
        if (strcmp(*member, name) == 0) {
            return true;
        }
    }
    return false;
}

static void find_groups(struct guest_user *user) {
    add_group(user, user->gid);
    FILE *file = fopen("/etc/group", "re");
    if (file == NULL) {
        return;
    }
    struct group *group;
    while ((group = fgetgrent(file)) != NULL) {
        if (is_member(group, user->name)) {
            add_group(user, group->gr_gid);
        }
    }
    fclose(file);
}

static void describe_unlisted(struct guest_user *user, uid_t uid) {
    user->uid = uid;
    user->gid = 0;
    if (uid == 0) {
        snprintf(user->name, sizeof user->name, "root");
        snprintf(user->home, sizeof user->home, "/root");
    } else {
        snprintf(user->name, sizeof user->name, "%u", (unsigned)uid);
        snprintf(user->home, sizeof user->home, "/");
    }
    snprintf(user->shell, sizeof user->shell, "/bin/sh");
}

static bool find_group(const char *name, gid_t *gid) {
    FILE *file = fopen("/etc/group", "re");
    if (file == NULL) {
        return false;
    }
    bool found = false;
    struct group *group;
    while (!found && (group = fgetgrent(file)) != NULL) {
        found = strcmp(group->gr_name, name) == 0;
        if (found) {
            *gid = group->gr_gid;
        }
    }
    fclose(file);
    return found;
}

static int find_user(const char *name, struct guest_user *user) {
    id_t uid;
    if (parse_id(name, strlen(name), &uid)) {
        if (!find_entry(NULL, true, uid, user)) {
            describe_unlisted(user, uid);
        }
        return 0;
    }
    if (find_entry(name, false, 0, user)) {
        return 0;
    }
    if (strcmp(name, "root") != 0) {
        return ENOENT;
    }
    describe_unlisted(user, 0);
    return 0;
}

int user_find(const char *name, struct guest_user *user) {
    *user = (struct guest_user){0};
    char wanted[256];
    int length = snprintf(wanted, sizeof wanted, "%s", name == NULL ? "0" : name);
    if (length <= 0 || (size_t)length >= sizeof wanted) {
        return EINVAL;
    }
    char *colon = strchr(wanted, ':');
    if (colon != NULL) {
        *colon = '\0';
    }
    if (wanted[0] == '\0' || (colon != NULL && colon[1] == '\0')) {
        return EINVAL;
    }
    int error = find_user(wanted, user);
    if (error != 0) {
        return error;
    }
    if (colon == NULL) {
        find_groups(user);
        return 0;
    }
    // An explicit group is the only one, as in container runtimes.
    id_t gid;
    if (!parse_id(colon + 1, strlen(colon + 1), &gid) && !find_group(colon + 1, &gid)) {
        return ENOENT;
    }
    user->gid = gid;
    add_group(user, gid);
    return 0;
}
