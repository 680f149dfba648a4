package dev.virtio4j.guest;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Makes ELF files that hold sections and nothing else. */
final class TestElf {
  private TestElf() {}

  /** A kernel module that depends on others. */
  static byte[] module(String... dependencies) {
    return of(
        Map.of(
            ".modinfo",
            ("license=GPL\0depends=" + String.join(",", dependencies) + "\0intree=Y\0")
                .getBytes(StandardCharsets.UTF_8)));
  }

  static byte[] of(Map<String, byte[]> sections) {
    Map<String, byte[]> all = new LinkedHashMap<>(sections);
    StringBuilder names = new StringBuilder();
    all.keySet().forEach(name -> names.append(name).append('\0'));
    all.put("", names.toString().getBytes(StandardCharsets.UTF_8));
    int table = 64;
    int data = table + 64 * all.size();
    ByteBuffer headers = ByteBuffer.allocate(data).order(ByteOrder.LITTLE_ENDIAN);
    headers.put(0, (byte) 0x7f).put(1, (byte) 'E').put(2, (byte) 'L').put(3, (byte) 'F');
    headers.put(4, (byte) 2).put(5, (byte) 1);
    headers.putLong(40, table);
    headers.putShort(60, (short) all.size()).putShort(62, (short) (all.size() - 1));
    ByteArrayOutputStream contents = new ByteArrayOutputStream();
    int header = table;
    for (Map.Entry<String, byte[]> section : all.entrySet()) {
      int name = section.getKey().isEmpty() ? names.length() - 1 : names.indexOf(section.getKey());
      headers.putInt(header, name).putInt(header + 4, 1);
      headers.putLong(header + 24, data + contents.size());
      headers.putLong(header + 32, section.getValue().length);
      contents.writeBytes(section.getValue());
      header += 64;
    }
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(headers.array());
    file.writeBytes(contents.toByteArray());
    return file.toByteArray();
  }
}
