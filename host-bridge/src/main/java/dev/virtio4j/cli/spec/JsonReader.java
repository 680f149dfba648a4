package dev.virtio4j.cli.spec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON and keeps the places, which a tree of JsonNode does not. */
final class JsonReader {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final String file;
  private final List<String> problems;

  /**
   * @param file the file's name, for places
   * @param problems gets a line for each error
   */
  JsonReader(String file, List<String> problems) {
    this.file = file;
    this.problems = problems;
  }

  /** Reads one document; null if it is not JSON, which the problems then say. */
  Located read(byte[] bytes) throws IOException {
    JsonParser parser = new JsonFactory().createParser(bytes);
    try (parser) {
      if (parser.nextToken() == null) {
        problems.add(file + ": is empty; a JSON object with \"devices\" is needed");
        return null;
      }
      Located root = value(parser, "$");
      if (parser.nextToken() != null) {
        problems.add(source(parser, "$").problem("there is more after the end of the JSON object"));
      }
      return root;
    } catch (JsonProcessingException notJson) {
      boolean placed = notJson.getLocation() != null;
      JsonLocation where = placed ? notJson.getLocation() : parser.currentLocation();
      problems.add(
          file
              + ":"
              + where.getLineNr()
              + ":"
              + where.getColumnNr()
              + ": not JSON: "
              + notJson.getOriginalMessage().lines().findFirst().orElse(""));
      return null;
    }
  }

  private Located value(JsonParser parser, String path) throws IOException {
    Source source = source(parser, path);
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser, path, source);
      case START_ARRAY -> array(parser, path, source);
      default -> new Located.Scalar(source, scalar(parser));
    };
  }

  private Located.Members object(JsonParser parser, String path, Source source) throws IOException {
    Map<String, Located> members = new LinkedHashMap<>();
    ObjectNode json = NODES.objectNode();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      String memberPath = path + "." + key;
      Source keySource = source(parser, memberPath);
      parser.nextToken();
      Located value = value(parser, memberPath);
      if (members.containsKey(key)) {
        problems.add(keySource.problem("the key is there twice"));
        continue;
      }
      members.put(key, value);
      json.set(key, value.json());
    }
    return new Located.Members(source, json, members);
  }

  private Located.Elements array(JsonParser parser, String path, Source source) throws IOException {
    List<Located> elements = new ArrayList<>();
    ArrayNode json = NODES.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      Located element = value(parser, path + "[" + elements.size() + "]");
      elements.add(element);
      json.add(element.json());
    }
    return new Located.Elements(source, json, elements);
  }

  private static JsonNode scalar(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case VALUE_STRING -> NODES.textNode(parser.getText());
      case VALUE_NUMBER_INT -> NODES.numberNode(parser.getBigIntegerValue());
      case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDecimalValue());
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      default -> NODES.nullNode();
    };
  }

  private Source source(JsonParser parser, String path) {
    JsonLocation where = parser.currentTokenLocation();
    return new Source(file + ":" + where.getLineNr() + ":" + where.getColumnNr() + ": " + path);
  }
}
