// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;

/**
 * A record as the JSON document of its row. Fields that this program does not know are passed over:
 * a newer one may have written them without changing the schema.
 */
final class RecordCodec<T> {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .addModule(
              new SimpleModule()
                  .addSerializer(new AsText<>(Path.class))
                  .addSerializer(new AsText<>(Instant.class))
                  .addSerializer(new AsText<>(Duration.class))
                  .addDeserializer(Path.class, new FromText<>(Path.class, Path::of))
                  .addDeserializer(Instant.class, new FromText<>(Instant.class, Instant::parse))
                  .addDeserializer(Duration.class, new FromText<>(Duration.class, Duration::parse)))
          .build();

  private final Class<T> type;
  private final ObjectReader reader;
  private final ObjectWriter writer;

  RecordCodec(Class<T> type) {
    this.type = type;
    this.reader = MAPPER.readerFor(type);
    this.writer = MAPPER.writerFor(type);
  }

  String encode(T value) {
    try {
      return writer.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("cannot be written as JSON: " + value, e);
    }
  }

  T decode(String id, String document) {
    try {
      return reader.readValue(document);
    } catch (JsonProcessingException e) {
      throw new BangerException(
          ErrorCode.CORRUPT,
          "the record of "
              + type.getSimpleName()
              + " "
              + id
              + " is damaged: "
              + e.getOriginalMessage()
              + "; 'banger daemon repair' shows what can be saved",
          e);
    }
  }

  private static final class AsText<V> extends StdSerializer<V> {
    private static final long serialVersionUID = 1L;

    AsText(Class<V> type) {
      super(type);
    }

    @Override
    public void serialize(V value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeString(value.toString());
    }
  }

  private static final class FromText<V> extends StdDeserializer<V> {
    private static final long serialVersionUID = 1L;
    private final transient Function<String, V> parse;

    FromText(Class<V> type, Function<String, V> parse) {
      super(type);
      this.parse = parse;
    }

    @Override
    public V deserialize(JsonParser in, DeserializationContext context) throws IOException {
      String text = in.getValueAsString();
      try {
        return parse.apply(text);
      } catch (RuntimeException e) {
        throw context.weirdStringException(text, handledType(), e.getMessage());
      }
    }
  }
}
