// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.wire.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Function;

/** JSON in the form that the runtime gives it. */
public final class TestJson implements Json {
  private final ObjectMapper mapper =
      new ObjectMapper()
          .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .registerModule(
              new SimpleModule()
                  .addSerializer(text(Path.class))
                  .addDeserializer(Path.class, parsed(Path.class, Path::of))
                  .addSerializer(text(Instant.class))
                  .addDeserializer(Instant.class, parsed(Instant.class, Instant::parse)));

  @Override
  public String write(Object value) {
    try {
      return mapper.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String writePretty(Object value) {
    return write(value) + "\n";
  }

  @Override
  public <T> T read(String json, Class<T> type) {
    try {
      T value = mapper.readValue(json, type);
      if (value == null) {
        throw new BangerException(ErrorCode.BAD_REQUEST, "expected a value, not null");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new BangerException(ErrorCode.BAD_REQUEST, e.getOriginalMessage(), e);
    }
  }

  private static <T> StdSerializer<T> text(Class<T> type) {
    return new StdSerializer<>(type) {
      private static final long serialVersionUID = 1L;

      @Override
      public void serialize(T value, JsonGenerator out, SerializerProvider provider)
          throws IOException {
        out.writeString(value.toString());
      }
    };
  }

  private static <T> StdDeserializer<T> parsed(Class<T> type, Function<String, T> parse) {
    return new StdDeserializer<>(type) {
      private static final long serialVersionUID = 1L;

      @Override
      public T deserialize(JsonParser in, DeserializationContext context) throws IOException {
        return parse.apply(in.getText());
      }
    };
  }
}
