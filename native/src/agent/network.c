// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

// net.ifnames=0 on the kernel's command line keeps udev from renaming it.
#define INTERFACE "eth0"

bool parse_interface_address(const char *text, struct interface_address *address) {
    char copy[INET_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    if (slash == NULL || (size_t)(slash - text) >= sizeof copy) {
        return false;
    }
    memcpy(copy, text, (size_t)(slash - text));
    copy[slash - text] = '\0';
    size_t digits = strspn(slash + 1, "0123456789");
    unsigned long prefix = strtoul(slash + 1, NULL, 10);
    if (digits == 0 || digits > 2 || slash[1 + digits] != '\0' || prefix < 1 || prefix > 32
        || inet_pton(AF_INET, copy, &address->address) != 1) {
        return false;
    }
    address->mask.s_addr = htonl(UINT32_MAX << (32 - prefix));
    return true;
}

bool parse_mac(const char *text, uint8_t mac[6]) {
    unsigned bytes[6];
    int end = 0;
    if (strlen(text) != 17 || strspn(text, "0123456789abcdefABCDEF:") != 17
        || sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &bytes[0], &bytes[1], &bytes[2], &bytes[3], &bytes[4], &bytes[5], &end) != 6
        || end != 17) {
        return false;
    }
    for (int i = 0; i < 6; i++) {
        mac[i] = (uint8_t)bytes[i];
    }
    // A card of its own: no multicast address.
    return (mac[0] & 1) == 0;
}

static struct ifreq request_for(const char *name) {
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    return request;
}

static int control(unsigned long operation, void *request) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    int error = ioctl(fd, operation, request) == 0 ? 0 : errno;
    close(fd);
    return error;
}

static int get_flags(const char *name, short *flags) {
    struct ifreq request = request_for(name);
    int error = control(SIOCGIFFLAGS, &request);
    *flags = request.ifr_flags;
    return error;
}

static int set_flags(const char *name, short flags) {
    struct ifreq request = request_for(name);
    request.ifr_flags = flags;
    return control(SIOCSIFFLAGS, &request);
}

static int bring_up(const char *name) {
    short flags;
    int error = get_flags(name, &flags);
    return error != 0 ? error : set_flags(name, (short)(flags | IFF_UP));
}

int network_start_loopback(void) {
    return bring_up("lo");
}

int network_set_mac(const char *text) {
    struct ifreq request = request_for(INTERFACE);
    uint8_t mac[6];
    if (!parse_mac(text, mac)) {
        return EINVAL;
    }
    int error = control(SIOCGIFHWADDR, &request);
    if (error != 0 || memcmp(request.ifr_hwaddr.sa_data, mac, sizeof mac) == 0) {
        return error;
    }
    // Most drivers change it only while the card is down, which also loses the routes: the caller sets them afterwards.
    short flags;
    error = get_flags(INTERFACE, &flags);
    if (error != 0 || (error = set_flags(INTERFACE, (short)(flags & ~IFF_UP))) != 0) {
        return error;
    }
    request = request_for(INTERFACE);
    request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(request.ifr_hwaddr.sa_data, mac, sizeof mac);
    error = control(SIOCSIFHWADDR, &request);
    int up_error = set_flags(INTERFACE, flags);
    return error != 0 ? error : up_error;
}

static int set_socket_address(unsigned long operation, struct in_addr address) {
    struct ifreq request = request_for(INTERFACE);
    struct sockaddr_in socket_address = {.sin_family = AF_INET, .sin_addr = address};
    memcpy(&request.ifr_addr, &socket_address, sizeof socket_address);
    return control(operation, &request);
}

int network_set_address(const char *text) {
    struct interface_address address;
    if (!parse_interface_address(text, &address)) {
        return EINVAL;
    }
    int error = set_socket_address(SIOCSIFADDR, address.address);
    if (error == 0) {
        error = set_socket_address(SIOCSIFNETMASK, address.mask);
    }
    return error != 0 ? error : bring_up(INTERFACE);
}

static struct rtentry default_route(struct in_addr gateway) {
    static char name[] = INTERFACE;
    struct rtentry route = {.rt_flags = RTF_UP, .rt_dev = name};
    struct sockaddr_in any = {.sin_family = AF_INET};
    struct sockaddr_in through = {.sin_family = AF_INET, .sin_addr = gateway};
    memcpy(&route.rt_dst, &any, sizeof any);
    memcpy(&route.rt_genmask, &any, sizeof any);
    if (gateway.s_addr != INADDR_ANY) {
        route.rt_flags |= RTF_GATEWAY;
        memcpy(&route.rt_gateway, &through, sizeof through);
    }
    return route;
}

int network_set_gateway(const char *text) {
    struct in_addr gateway;
    if (inet_pton(AF_INET, text, &gateway) != 1) {
        return EINVAL;
    }
    struct rtentry route = default_route((struct in_addr){.s_addr = INADDR_ANY});
    while (control(SIOCDELRT, &route) == 0) {
        // Every default route of the card goes: the new one shall be the only one.
    }
    route = default_route(gateway);
    return control(SIOCADDRT, &route);
}
