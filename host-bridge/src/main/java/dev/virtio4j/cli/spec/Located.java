package dev.virtio4j.cli.spec;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A JSON value that knows where in its file it stands. */
sealed interface Located {
  /** Where it begins: file, line, column and path. */
  Source source();

  /** The value without the places. */
  JsonNode json();

  /** What it is called in an error, such as {@code "a number"}. */
  String kind();

  /** An object. */
  record Members(Source source, JsonNode json, Map<String, Located> members) implements Located {
    public Members {
      members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }

    @Override
    public String kind() {
      return "an object";
    }
  }

  /** An array. */
  record Elements(Source source, JsonNode json, List<Located> elements) implements Located {
    public Elements {
      elements = List.copyOf(elements);
    }

    @Override
    public String kind() {
      return "an array";
    }
  }

  /** A string, number, true, false or null. */
  record Scalar(Source source, JsonNode json) implements Located {
    @Override
    public String kind() {
      return switch (json.getNodeType()) {
        case STRING -> "a string";
        case NUMBER -> "a number";
        case BOOLEAN -> "true or false";
        default -> "null";
      };
    }
  }
}
