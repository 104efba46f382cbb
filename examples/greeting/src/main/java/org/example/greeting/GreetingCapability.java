// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.greeting;

import dev.banger.capability.Cleanup;
import dev.banger.capability.PostStart;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecRequest;
import dev.banger.guest.ExecStreams;
import dev.banger.guest.GuestService;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Writes a greeting into each guest, also into those that run when this bundle arrives. */
@Component(service = {PostStart.class, Cleanup.class})
public final class GreetingCapability implements PostStart, Cleanup {
  static final String NAME = "greeting";
  static final String FILE = "/etc/motd";

  private final GuestService guests;

  @Activate
  public GreetingCapability(@Reference GuestService guests) {
    this.guests = guests;
  }

  @Override
  public String capability() {
    return NAME;
  }

  @Override
  public void started(Vm vm, boolean late, Operation operation) {
    run(vm, List.of("tee", FILE), "Welcome to " + vm.name() + ".\n", operation);
  }

  /** A guest that does not run any more has nobody to greet. */
  @Override
  public void cleanUp(Vm vm, Operation operation) {
    try {
      run(vm, List.of("rm", "-f", FILE), "", operation);
    } catch (BangerException e) {
      if (e.code() != ErrorCode.NOT_RUNNING) {
        throw e;
      }
    }
  }

  private void run(Vm vm, List<String> argv, String input, Operation operation) {
    Streams streams = new Streams(input);
    int status = guests.exec(vm.id(), ExecRequest.of(argv), streams, operation);
    if (status != 0) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "%s failed in the guest: %s"
              .formatted(argv.get(0), streams.output.toString(StandardCharsets.UTF_8)));
    }
  }

  private static final class Streams implements ExecStreams {
    private final InputStream input;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    Streams(String input) {
      this.input = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public InputStream stdin() {
      return input;
    }

    @Override
    public OutputStream stdout() {
      return output;
    }

    @Override
    public OutputStream stderr() {
      return output;
    }
  }
}
