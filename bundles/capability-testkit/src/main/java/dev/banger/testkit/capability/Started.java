// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.capability;

import dev.banger.guest.GuestConfig;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.vm.Vm;

/**
 * A machine that was started.
 *
 * @param vm its record, running
 * @param guest what the capability added to its guest's configuration
 * @param machine what the capability added to the machine
 */
public record Started(Vm vm, GuestConfig.Additions guest, MachineConfig.Additions machine) {}
