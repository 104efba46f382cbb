// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.wire.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Component;

/** JSON by Jackson. Lists and maps that are left out are empty ones. */
@Component
public final class JacksonJson implements Json {
  /** Made when the first value is written, since it costs a daemon's start dearly. */
  private static final class Mapper {
    private static final JsonSetter.Value AS_EMPTY = JsonSetter.Value.forValueNulls(Nulls.AS_EMPTY);

    static final ObjectMapper INSTANCE = build();

    private static ObjectMapper build() {
      return JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .withConfigOverride(List.class, empty -> empty.setSetterInfo(AS_EMPTY))
          .withConfigOverride(Map.class, empty -> empty.setSetterInfo(AS_EMPTY))
          .addModule(
              new SimpleModule()
                  .addSerializer(new AsText<>(Path.class))
                  .addSerializer(new AsText<>(Instant.class))
                  .addSerializer(new AsText<>(Duration.class))
                  .addDeserializer(Path.class, new FromText<>(Path.class, Path::of))
                  .addDeserializer(Instant.class, new FromText<>(Instant.class, Instant::parse))
                  .addDeserializer(Duration.class, new FromText<>(Duration.class, Duration::parse)))
          .build();
    }
  }

  @Override
  public String write(Object value) {
    try {
      return Mapper.INSTANCE.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw unwritable(value, e);
    }
  }

  @Override
  public String writePretty(Object value) {
    try {
      return Mapper.INSTANCE.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n";
    } catch (JsonProcessingException e) {
      throw unwritable(value, e);
    }
  }

  private static BangerException unwritable(Object value, JsonProcessingException e) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "a " + value.getClass().getName() + " cannot be written as JSON: " + e.getOriginalMessage(),
        e);
  }

  @Override
  public <T> T read(String json, Class<T> type) {
    try {
      T value = Mapper.INSTANCE.readValue(json, type);
      if (value == null) {
        throw new BangerException(ErrorCode.BAD_REQUEST, "expected a value, not null");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new BangerException(ErrorCode.BAD_REQUEST, explain(e), e);
    }
  }

  private static String explain(JsonProcessingException e) {
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof BangerException ours) {
        return ours.getMessage();
      }
    }
    if (e instanceof UnrecognizedPropertyException unknown) {
      return "unknown field '"
          + field(unknown)
          + "'; known: "
          + unknown.getKnownPropertyIds().stream()
              .map(String::valueOf)
              .sorted()
              .collect(Collectors.joining(", "));
    }
    if (e instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()) {
      return "field '" + field(mapping) + "': " + firstLine(mapping);
    }
    JsonLocation place = e.getLocation();
    return "not the JSON that was expected: "
        + firstLine(e)
        + (place == null || place.getColumnNr() < 1
            ? ""
            : " (line " + place.getLineNr() + ", column " + place.getColumnNr() + ")");
  }

  /** The first line: those that follow name Java classes. */
  private static String firstLine(JacksonException e) {
    String message = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
    return message.replaceAll("`(?:[a-z]+\\.)+([A-Za-z$.]+)`", "$1");
  }

  private static String field(JsonMappingException e) {
    StringBuilder name = new StringBuilder();
    for (JsonMappingException.Reference step : e.getPath()) {
      if (step.getFieldName() == null) {
        name.append('[').append(step.getIndex()).append(']');
      } else {
        name.append(name.length() == 0 ? "" : ".").append(step.getFieldName());
      }
    }
    return name.toString();
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
      if (!in.hasTokenId(com.fasterxml.jackson.core.JsonTokenId.ID_STRING)) {
        @SuppressWarnings("unchecked")
        V never = (V) context.handleUnexpectedToken(handledType(), in);
        return never;
      }
      String text = in.getText();
      try {
        return parse.apply(text);
      } catch (RuntimeException e) {
        throw context.weirdStringException(text, handledType(), e.getMessage());
      }
    }
  }
}
