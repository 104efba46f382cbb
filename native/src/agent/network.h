// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_NETWORK_H
#define BANGER_NETWORK_H

// The guest's one network card, eth0, and loopback. IPv4.

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct interface_address {
    struct in_addr address;
    struct in_addr mask;
};

bool parse_interface_address(const char *text, struct interface_address *address);
bool parse_mac(const char *text, uint8_t mac[6]);

// Each returns 0 or an errno.
int network_start_loopback(void);
int network_set_mac(const char *mac);
int network_set_address(const char *address);
int network_set_gateway(const char *gateway);

#endif
