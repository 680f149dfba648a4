package dev.virtio4j.blk;

import com.fasterxml.jackson.databind.JsonNode;
import dev.virtio4j.device.DeviceOptionException;
import dev.virtio4j.device.VirtioDeviceProvider.Option;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Reads a device's options, whether they were JSON values or text of a command line. */
final class OptionReader {
  private static final String UNITS = "kmgt";

  private final JsonNode options;

  OptionReader(JsonNode options, List<Option> known) {
    this.options = options;
    List<String> keys = known.stream().map(Option::key).toList();
    for (Iterator<String> given = options.fieldNames(); given.hasNext(); ) {
      String key = given.next();
      if (!keys.contains(key)) {
        throw new DeviceOptionException(
            key, "blk has no option '%s'; it has %s".formatted(key, String.join(", ", keys)));
      }
    }
  }

  private JsonNode given(String key) {
    JsonNode value = options.get(key);
    return value == null || value.isNull() ? null : value;
  }

  private static DeviceOptionException wrong(String key, JsonNode value, String right) {
    return new DeviceOptionException(
        key, "%s: '%s'; %s is right".formatted(key, value.asText(value.toString()), right));
  }

  /** Text, or null. */
  String text(String key) {
    JsonNode value = given(key);
    if (value != null && value.isContainerNode()) {
      throw wrong(key, value, "text");
    }
    return value == null ? null : value.asText();
  }

  boolean flag(String key, boolean otherwise) {
    JsonNode value = given(key);
    if (value == null) {
      return otherwise;
    }
    return switch (value.asText().toLowerCase(Locale.ROOT)) {
      case "on", "true" -> true;
      case "off", "false" -> false;
      default -> throw wrong(key, value, "on or off");
    };
  }

  <E extends Enum<E>> E choice(String key, Class<E> type, E otherwise) {
    JsonNode value = given(key);
    if (value == null) {
      return otherwise;
    }
    String text = value.asText().toLowerCase(Locale.ROOT);
    for (E constant : type.getEnumConstants()) {
      if (constant.name().toLowerCase(Locale.ROOT).equals(text)) {
        return constant;
      }
    }
    throw wrong(
        key,
        value,
        Arrays.stream(type.getEnumConstants())
            .map(constant -> constant.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", ", "one of ", "")));
  }

  int number(String key, int otherwise) {
    JsonNode value = given(key);
    if (value == null) {
      return otherwise;
    }
    try {
      if (value.isTextual()) {
        return Integer.parseInt(value.textValue());
      }
    } catch (NumberFormatException e) {
      throw wrong(key, value, "a number");
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrong(key, value, "a number");
    }
    return value.intValue();
  }

  int smallSize(String key, int otherwise) {
    long size = size(key, otherwise);
    if (size > Integer.MAX_VALUE) {
      throw wrong(key, given(key), "less than 2G");
    }
    return (int) size;
  }

  /** A count of bytes or anything, such as 4k, 10G or 512; not negative. */
  long size(String key, long otherwise) {
    JsonNode value = given(key);
    if (value == null) {
      return otherwise;
    }
    String right = "a size such as 512, 4k, 10M or 2G";
    if (value.isIntegralNumber() && value.canConvertToLong() && value.longValue() >= 0) {
      return value.longValue();
    }
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw wrong(key, value, right);
    }
    String text = value.textValue().toLowerCase(Locale.ROOT);
    int unit = UNITS.indexOf(text.charAt(text.length() - 1)) + 1;
    String digits = unit > 0 ? text.substring(0, text.length() - 1) : text;
    try {
      long number = Long.parseLong(digits);
      if (number < 0 || number > Long.MAX_VALUE >> (10 * unit)) {
        throw wrong(key, value, right);
      }
      return number << (10 * unit);
    } catch (NumberFormatException e) {
      throw wrong(key, value, right);
    }
  }
}
