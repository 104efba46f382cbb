// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_MESSAGES_H
#define BANGER_MESSAGES_H

// The frame types of docs/protocol.md.
enum message {
    MESSAGE_REQUEST = 0x01,
    MESSAGE_STDIN = 0x02,
    MESSAGE_RESIZE = 0x03,
    MESSAGE_SIGNAL = 0x04,
    MESSAGE_CANCEL = 0x05,
    MESSAGE_LOCAL_EXIT = 0x06,
    MESSAGE_STDOUT = 0x11,
    MESSAGE_STDERR = 0x12,
    MESSAGE_PROGRESS = 0x13,
    MESSAGE_WINDOW = 0x14,
    MESSAGE_RUN_LOCAL = 0x15,
    MESSAGE_TERMINAL = 0x16,
    MESSAGE_RESULT = 0x1e,
    MESSAGE_ERROR = 0x1f,
};

// The longest frame that the daemon sends.
#define LONGEST_MESSAGE ((uint32_t)16 * 1024 * 1024)
// The longest frame of a client but for the request.
#define LONGEST_INPUT ((size_t)64 * 1024)

#endif
