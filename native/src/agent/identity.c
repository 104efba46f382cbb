// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "identity.h"

#include "guest_files.h"
#include "network.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

// ---- checking ----

static bool is_hostname(const char *name) {
    if (*name == '\0' || *name == '-' || *name == '.') {
        return false;
    }
    for (; *name != '\0'; name++) {
        if (!isalnum((unsigned char)*name) && *name != '-' && *name != '.') {
            return false;
        }
    }
    return name[-1] != '-';
}

static bool is_ip_address(const char *text) {
    struct in6_addr ignored;
    return inet_pton(AF_INET, text, &ignored) == 1 || inet_pton(AF_INET6, text, &ignored) == 1;
}

static bool is_valid(enum identity_key key, const char *value) {
    struct interface_address address;
    uint8_t mac[6];
    struct in_addr gateway;
    switch (key) {
    case IDENTITY_HOSTNAME:
        return is_hostname(value);
    case IDENTITY_ADDRESS:
        return parse_interface_address(value, &address);
    case IDENTITY_GATEWAY:
        return inet_pton(AF_INET, value, &gateway) == 1;
    case IDENTITY_NAMESERVER:
        return is_ip_address(value);
    case IDENTITY_MAC:
        return parse_mac(value, mac);
    }
    return false;
}

bool identity_set(struct identity *identity, enum identity_key key, const char *value, size_t length) {
    char copy[72];
    if (length >= sizeof copy || memchr(value, '\0', length) != NULL) {
        return false;
    }
    memcpy(copy, value, length);
    copy[length] = '\0';
    struct {
        char *text;
        size_t size;
    } places[] = {
        [IDENTITY_HOSTNAME] = {identity->hostname, sizeof identity->hostname},
        [IDENTITY_ADDRESS] = {identity->address, sizeof identity->address},
        [IDENTITY_GATEWAY] = {identity->gateway, sizeof identity->gateway},
        [IDENTITY_NAMESERVER] = {NULL, sizeof *identity->nameservers},
        [IDENTITY_MAC] = {identity->mac, sizeof identity->mac},
    };
    if (key == IDENTITY_NAMESERVER) {
        if (identity->nameserver_count == NAMESERVER_LIMIT) {
            return true; // resolvers use three
        }
        places[key].text = identity->nameservers[identity->nameserver_count];
    }
    if (length >= places[key].size || !is_valid(key, copy)) {
        return false;
    }
    memcpy(places[key].text, copy, length + 1);
    if (key == IDENTITY_NAMESERVER) {
        identity->nameserver_count++;
    }
    return true;
}

// ---- the file ----

static bool parse_entropy(struct identity *identity, const char *hex, size_t length) {
    if (length % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < length && identity->entropy_size < ENTROPY_LIMIT; i += 2) {
        char pair[3] = {hex[i], hex[i + 1], '\0'};
        if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1])) {
            return false;
        }
        identity->entropy[identity->entropy_size++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return true;
}

static bool parse_line(struct identity *identity, const char *line, size_t length) {
    static const struct {
        const char *name;
        enum identity_key key;
    } keys[] = {
        {"hostname", IDENTITY_HOSTNAME}, {"address", IDENTITY_ADDRESS}, {"gateway", IDENTITY_GATEWAY},
        {"nameserver", IDENTITY_NAMESERVER}, {"mac", IDENTITY_MAC},
    };
    const char *equals = memchr(line, '=', length);
    if (equals == NULL) {
        return length == 0 || line[0] == '#';
    }
    size_t name_length = (size_t)(equals - line);
    size_t value_length = length - name_length - 1;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strlen(keys[i].name) == name_length && memcmp(keys[i].name, line, name_length) == 0) {
            return identity_set(identity, keys[i].key, equals + 1, value_length);
        }
    }
    if (name_length == strlen("entropy") && memcmp(line, "entropy", name_length) == 0) {
        return parse_entropy(identity, equals + 1, value_length);
    }
    return true;
}

int identity_parse(struct identity *identity, const char *text, size_t length) {
    int number = 0;
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t line_length = end == NULL ? length : (size_t)(end - text);
        number++;
        if (!parse_line(identity, text, line_length)) {
            return number;
        }
        size_t used = end == NULL ? line_length : line_length + 1;
        text += used;
        length -= used;
    }
    return 0;
}

// ---- putting it into effect ----

static int set_hostname(const struct identity *identity) {
    if (sethostname(identity->hostname, strlen(identity->hostname)) != 0) {
        return errno;
    }
    char content[256];
    int length = snprintf(content, sizeof content, "%s\n", identity->hostname);
    int error = guest_file_write("etc/hostname", GUEST_FILE_DEFAULTS, content, (size_t)length);
    length = snprintf(content, sizeof content,
        "127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n",
        identity->hostname);
    int hosts_error = guest_file_write("etc/hosts", GUEST_FILE_DEFAULTS, content, (size_t)length);
    return error != 0 ? error : hosts_error;
}

static int set_nameservers(const struct identity *identity) {
    char content[1024];
    size_t length = 0;
    for (size_t i = 0; i < identity->nameserver_count; i++) {
        length += (size_t)snprintf(content + length, sizeof content - length, "nameserver %s\n", identity->nameservers[i]);
    }
    return guest_file_write("etc/resolv.conf", GUEST_FILE_DEFAULTS, content, length);
}

static int set_clock(const struct identity *identity) {
    struct timespec now = {
        .tv_sec = (time_t)(identity->clock / 1000000000u),
        .tv_nsec = (long)(identity->clock % 1000000000u),
    };
    return clock_settime(CLOCK_REALTIME, &now) == 0 ? 0 : errno;
}

static int add_entropy(const struct identity *identity) {
    // struct rand_pool_info: the bits to credit, the size in bytes, the bytes.
    int pool[2 + ENTROPY_LIMIT / sizeof(int)] = {(int)identity->entropy_size * 8, (int)identity->entropy_size};
    memcpy(&pool[2], identity->entropy, identity->entropy_size);
    int fd = open("/dev/random", O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    // Clones of one memory image would otherwise draw the same numbers until the next periodic reseed.
    int error = ioctl(fd, RNDADDENTROPY, pool) != 0 || ioctl(fd, RNDRESEEDCRNG) != 0 ? errno : 0;
    close(fd);
    return error;
}

struct report {
    int error;
    char *text;
    size_t size;
};

static void note(struct report *report, int error, const char *what) {
    if (error != 0 && report->error == 0) {
        report->error = error;
        snprintf(report->text, report->size, "cannot set the %s: %s", what, strerror(error));
    }
}

int identity_apply(const struct identity *identity, char *text, size_t size) {
    struct report report = {.text = text, .size = size};
    if (identity->entropy_size > 0) {
        note(&report, add_entropy(identity), "entropy");
    }
    if (identity->has_clock) {
        note(&report, set_clock(identity), "clock");
    }
    if (identity->hostname[0] != '\0') {
        note(&report, set_hostname(identity), "host name");
    }
    if (identity->mac[0] != '\0') {
        note(&report, network_set_mac(identity->mac), "MAC address of eth0");
    }
    if (identity->address[0] != '\0') {
        note(&report, network_set_address(identity->address), "address of eth0");
    }
    if (identity->gateway[0] != '\0') {
        note(&report, network_set_gateway(identity->gateway), "default route");
    }
    if (identity->nameserver_count > 0) {
        note(&report, set_nameservers(identity), "resolver");
    }
    return report.error;
}
