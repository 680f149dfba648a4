package dev.virtio4j.blk;

import com.fasterxml.jackson.databind.JsonNode;
import dev.virtio4j.device.DeviceOptionException;
import dev.virtio4j.device.VirtioDeviceProvider.Option;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads a device's options, whether they were JSON values or text of a command line. */
final class OptionReader {
  private static final String UNITS = "kmgtpe";

  /** As everywhere on the command line: 512, 4k, 1.5G, 10GiB. */
  private static final Pattern SIZE =
      Pattern.compile("([0-9]{1,19}(?:\\.[0-9]{1,9})?)([" + UNITS + "]?)(?:i?b)?");

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
    if (value != null && !value.isTextual()) {
      throw wrong(key, value, "a string");
    }
    return value == null ? null : value.textValue();
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

  /** A count of bytes or anything, such as 4k, 1.5G or 512; not negative. */
  long size(String key, long otherwise) {
    JsonNode value = given(key);
    if (value == null) {
      return otherwise;
    }
    String right = "a size such as 512, 4k, 10M or 1.5G";
    if (value.isIntegralNumber() && value.canConvertToLong() && value.longValue() >= 0) {
      return value.longValue();
    }
    Matcher matcher =
        SIZE.matcher(value.isTextual() ? value.textValue().toLowerCase(Locale.ROOT) : "");
    if (!matcher.matches()) {
      throw wrong(key, value, right);
    }
    int unit = matcher.group(2).isEmpty() ? 0 : UNITS.indexOf(matcher.group(2)) + 1;
    BigDecimal factor = new BigDecimal(BigInteger.ONE.shiftLeft(10 * unit));
    try {
      return new BigDecimal(matcher.group(1)).multiply(factor).longValueExact();
    } catch (ArithmeticException tooLargeOrNotWhole) {
      throw wrong(key, value, right);
    }
  }
}
