package ${package};

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
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Says hello in each guest, also in those that run when this bundle arrives. */
@Component(service = {PostStart.class, Cleanup.class})
public final class HelloCapability implements PostStart, Cleanup {
  static final String FILE = "/run/${capability}";

  private final GuestService guests;

  @Activate
  public HelloCapability(@Reference GuestService guests) {
    this.guests = guests;
  }

  @Override
  public String capability() {
    return "${capability}";
  }

  @Override
  public void started(Vm vm, boolean late, Operation operation) {
    run(vm, List.of("tee", FILE), "Hello, " + vm.name() + ".\n", operation);
  }

  /** A guest that does not run any more has nothing to clean up: /run is in its memory. */
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
          ErrorCode.OPERATION_FAILED, argv.get(0) + " failed in the guest: " + streams.stdout());
    }
  }

  private record Streams(InputStream stdin, ByteArrayOutputStream stdout) implements ExecStreams {
    Streams(String input) {
      this(
          new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
          new ByteArrayOutputStream());
    }

    @Override
    public ByteArrayOutputStream stderr() {
      return stdout;
    }
  }
}
