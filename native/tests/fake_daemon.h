// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_FAKE_DAEMON_H
#define BANGER_FAKE_DAEMON_H

// What the program does when it stands in for bangerd: answers one request at $BANGER_HOME/run/bangerd.sock with exit status 5.
int fake_daemon_main(void);

#endif
