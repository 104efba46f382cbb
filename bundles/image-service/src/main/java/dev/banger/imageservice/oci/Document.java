// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A JSON object from a registry. Fields that are absent or null read as empty; those of another
 * type than asked for are refused, and so are documents that two readers could read differently.
 *
 * @param what the document is, for messages
 */
public record Document(JsonNode json, String what) {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /**
   * Reads a document.
   *
   * @throws BangerException OPERATION_FAILED when it is no JSON object
   */
  public static Document parse(byte[] bytes, String what) {
    try {
      JsonNode json = MAPPER.readTree(bytes);
      if (json.isObject()) {
        return new Document(json, what);
      }
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, what + " is no well-formed JSON document", e);
    }
    throw new BangerException(ErrorCode.OPERATION_FAILED, what + " is no JSON object");
  }

  public boolean has(String field) {
    return !absent(json.get(field));
  }

  private static boolean absent(JsonNode value) {
    return value == null || value.isNull();
  }

  /** A text; empty when it is absent. No text holds a NUL: neither arguments nor names can. */
  public String text(String field) {
    return text(field, json.get(field));
  }

  private String text(String field, JsonNode value) {
    if (absent(value)) {
      return "";
    }
    if (!value.isTextual() || value.textValue().indexOf('\0') >= 0) {
      throw refused(field, "is no text");
    }
    return value.textValue();
  }

  /** A digest, which must be there. */
  OciDigest digest(String field) {
    String text = text(field);
    return OciDigest.parse(text)
        .orElseThrow(
            () -> refused(field, Quoted.of(text) + " is no SHA-256, the only digest supported"));
  }

  /** A number of bytes, which must be there. */
  long size(String field) {
    JsonNode value = json.get(field);
    if (absent(value)
        || !value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < 0) {
      throw refused(field, "is no number of bytes");
    }
    return value.longValue();
  }

  /** An object; empty when it is absent. */
  public Document object(String field) {
    JsonNode value = json.get(field);
    if (absent(value)) {
      return new Document(MAPPER.createObjectNode(), what);
    }
    if (!value.isObject()) {
      throw refused(field, "is no object");
    }
    return new Document(value, what);
  }

  /** A list of objects; empty when it is absent. */
  public List<Document> objects(String field) {
    List<Document> list = new ArrayList<>();
    for (JsonNode element : array(field)) {
      if (!element.isObject()) {
        throw refused(field, "holds something that is no object");
      }
      list.add(new Document(element, what));
    }
    return list;
  }

  /** A list of texts; empty when it is absent. */
  public List<String> texts(String field) {
    List<String> list = new ArrayList<>();
    for (JsonNode element : array(field)) {
      if (!element.isTextual()) {
        throw refused(field, "holds something that is no text");
      }
      list.add(text(field, element));
    }
    return list;
  }

  private JsonNode array(String field) {
    JsonNode value = json.get(field);
    if (absent(value)) {
      return MAPPER.createArrayNode();
    }
    if (!value.isArray()) {
      throw refused(field, "is no list");
    }
    return value;
  }

  /** Texts by name, in their order; empty when the object is absent. */
  Map<String, String> textsByName(String field) {
    Document object = object(field);
    Map<String, String> texts = new LinkedHashMap<>();
    object.json.fieldNames().forEachRemaining(name -> texts.put(name, object.text(name)));
    return texts;
  }

  /** The content that the document itself describes. */
  Descriptor descriptor() {
    return new Descriptor(text("mediaType"), digest("digest"), size("size"));
  }

  /** The error for a field that is not what it must be. */
  BangerException refused(String field, String why) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED, "%s is not accepted: its %s %s".formatted(what, field, why));
  }
}
