// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.operation.Operation;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** A process of its own, whose HTTP client is new: prints how large the pieces of a body are. */
final class PrintLargestPiece {
  private PrintLargestPiece() {}

  /**
   * Makes a puller, then gets something.
   *
   * @param arguments a directory as {@link Pulls} wants it, and an address
   */
  public static void main(String[] arguments) throws IOException {
    var unused = new Pulls(Path.of(arguments[0])).puller();
    URI address = URI.create(arguments[1]);
    System.out.println(
        new RegistryHttp(HttpClient.newHttpClient(), Duration.ofSeconds(20))
            .send(
                RegistryHttp.Request.get(address, Map.of()),
                new Reach(address.getAuthority(), false),
                info -> new Largest(),
                Operation.background())
            .body());
  }

  private static final class Largest implements Sink<Integer> {
    private int bytes;

    @Override
    public void accept(ByteBuffer piece) {
      bytes = Math.max(bytes, piece.remaining());
    }

    @Override
    public Integer finish() {
      return bytes;
    }
  }
}
