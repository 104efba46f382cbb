// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

/** The numbers of docs/guest-agent.md. */
final class AgentProtocol {
  static final int VERSION = 1;
  static final int LARGEST_PAYLOAD = 256 * 1024;
  static final int NONCE_BYTES = 16;

  static final int HELLO = 0x01;
  static final int HELLO_REPLY = 0x81;
  static final int PING = 0x02;
  static final int EXEC = 0x10;
  static final int STDIN = 0x11;
  static final int STDOUT = 0x12;
  static final int STDERR = 0x13;
  static final int WINDOW = 0x14;
  static final int SIGNAL = 0x15;
  static final int RESIZE = 0x16;
  static final int EXIT = 0x17;
  static final int ERROR = 0x18;
  static final int CLOSE = 0x19;
  static final int REPLY = 0x1a;
  static final int PUT = 0x20;
  static final int GET = 0x21;
  static final int PORTS = 0x22;
  static final int CONFIGURE = 0x23;
  static final int SYNC = 0x24;
  static final int POWER_OFF = 0x25;
  static final int GROW = 0x26;
  static final int STATISTICS = 0x27;

  static final int FIELD_ARGUMENT = 1;
  static final int FIELD_ENVIRONMENT = 2;
  static final int FIELD_DIRECTORY = 3;
  static final int FIELD_USER = 4;
  static final int FIELD_TERMINAL = 5;
  static final int FIELD_PATH = 6;
  static final int FIELD_HOSTNAME = 7;
  static final int FIELD_ADDRESS = 8;
  static final int FIELD_GATEWAY = 9;
  static final int FIELD_NAMESERVER = 10;
  static final int FIELD_CLOCK = 11;
  static final int FIELD_ENTROPY = 12;
  static final int FIELD_MAC = 13;
  static final int FIELD_GRACE = 14;
  static final int FIELD_LISTENER = 15;
  static final int FIELD_BOOT_ID = 16;
  static final int FIELD_AGENT_VERSION = 17;
  static final int FIELD_ERROR_TEXT = 18;
  static final int FIELD_FILE = 19;
  static final int FIELD_SIZE = 21;
  static final int FIELD_UPTIME = 22;
  static final int FIELD_MEMORY = 23;
  static final int FIELD_LOAD = 24;
  static final int FIELD_PROCESSES = 25;
  static final int FIELD_PROCESSOR_TIME = 26;
  static final int FIELD_FILE_SYSTEM = 27;
  static final int FIELD_PROGRAM = 28;

  /** ENOENT of Linux: it is not there. */
  static final int NO_SUCH_FILE = 2;

  /** EOPNOTSUPP of Linux: the agent does not know a type. */
  static final int UNKNOWN_TYPE = 95;

  private AgentProtocol() {}
}
