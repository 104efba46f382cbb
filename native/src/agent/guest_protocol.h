// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_GUEST_PROTOCOL_H
#define BANGER_GUEST_PROTOCOL_H

// The numbers of docs/guest-agent.md.

#define GUEST_PROTOCOL_VERSION 1u
#define GUEST_PAYLOAD_LIMIT (256u * 1024u)
#define HELLO_PAYLOAD_SIZE 20u // u32 version, 16 bytes nonce
#define PING_LIMIT 64u

#define VIRTIO_PORT_NAME "dev.banger.agent"
#define VSOCK_PORT 1024u

enum guest_frame {
    GUEST_HELLO = 0x01,
    GUEST_PING = 0x02,
    GUEST_EXEC = 0x10,
    GUEST_STDIN = 0x11,
    GUEST_STDOUT = 0x12,
    GUEST_STDERR = 0x13,
    GUEST_WINDOW = 0x14,
    GUEST_SIGNAL = 0x15,
    GUEST_RESIZE = 0x16,
    GUEST_EXIT = 0x17,
    GUEST_ERROR = 0x18,
    GUEST_CLOSE = 0x19,
    GUEST_REPLY = 0x1a,
    GUEST_PUT = 0x20,
    GUEST_GET = 0x21,
    GUEST_PORTS = 0x22,
    GUEST_CONFIGURE = 0x23,
    GUEST_SYNC = 0x24,
    GUEST_POWER_OFF = 0x25,
    GUEST_GROW = 0x26,
    GUEST_STATISTICS = 0x27,
    GUEST_HELLO_REPLY = 0x81,
};

#endif
