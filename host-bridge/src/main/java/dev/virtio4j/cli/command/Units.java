package dev.virtio4j.cli.command;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;

/** Sizes and times as people read and write them. */
public final class Units {
  private static final String SUFFIXES = "kmgtpe";

  private Units() {}

  /**
   * Reads a size.
   *
   * @param text a number of bytes, or one with a suffix K, M, G, T, P or E for powers of 1024, as
   *     in {@code 512M}, {@code 1.5G}, {@code 10GiB}
   * @return bytes, 0 or more
   * @throws IllegalArgumentException a sentence that says what would be right
   */
  public static long parseSize(String text) {
    String lower = text.strip().toLowerCase(Locale.ROOT);
    if (lower.endsWith("ib")) {
      lower = lower.substring(0, lower.length() - 2);
    } else if (lower.endsWith("b") && lower.length() > 1) {
      lower = lower.substring(0, lower.length() - 1);
    }
    int power = lower.isEmpty() ? -1 : SUFFIXES.indexOf(lower.charAt(lower.length() - 1));
    String number = power < 0 ? lower : lower.substring(0, lower.length() - 1);
    if (!number.matches("[0-9]{1,19}(\\.[0-9]{1,9})?")) {
      throw wrongSize(text);
    }
    BigDecimal bytes =
        new BigDecimal(number).multiply(new BigDecimal(BigInteger.ONE.shiftLeft(10 * (power + 1))));
    try {
      return bytes.longValueExact();
    } catch (ArithmeticException tooLargeOrNotWhole) {
      throw wrongSize(text);
    }
  }

  private static IllegalArgumentException wrongSize(String text) {
    return new IllegalArgumentException(
        "'" + text + "' is not a size; write bytes or a number with K, M, G or T, such as 512M");
  }

  /**
   * Writes a size.
   *
   * @param bytes 0 or more
   * @return such as {@code 1.5 GiB}
   */
  public static String size(double bytes) {
    String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    int unit = 0;
    double value = bytes;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return number(value) + " " + units[unit];
  }

  /**
   * Writes a time.
   *
   * @param seconds 0 or more; NaN is unknown
   * @return such as {@code 14.2 us}
   */
  public static String time(double seconds) {
    if (Double.isNaN(seconds)) {
      return "-";
    }
    if (seconds < 1e-3) {
      return number(seconds * 1e6) + " us";
    }
    return seconds < 1 ? number(seconds * 1e3) + " ms" : number(seconds) + " s";
  }

  /**
   * Writes a count.
   *
   * @param count any
   * @return with a comma between thousands
   */
  public static String count(double count) {
    return String.format(Locale.ROOT, "%,d", Math.round(count));
  }

  private static String number(double value) {
    String format =
        value >= 100 || value == Math.rint(value) ? "%.0f" : value >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }
}
