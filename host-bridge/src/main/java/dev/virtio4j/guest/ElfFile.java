package dev.virtio4j.guest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What this package needs to know of a 64-bit little-endian ELF file: its sections. */
final class ElfFile {
  private static final int HEADER_BYTES = 64;
  private static final int SECTION_HEADER_BYTES = 64;
  private static final int MAX_SECTIONS = 4096;
  private static final int DT_NEEDED = 1;
  private static final int DYNAMIC_ENTRY_BYTES = 16;

  private final ByteBuffer bytes;
  private final List<Section> sections;

  private record Section(String name, int offset, int size) {}

  private ElfFile(ByteBuffer bytes, List<Section> sections) {
    this.bytes = bytes;
    this.sections = sections;
  }

  /**
   * Reads the section table.
   *
   * @param content the file
   * @return nothing where this is no such ELF file, or a damaged one
   */
  static Optional<ElfFile> parse(byte[] content) {
    if (content.length < HEADER_BYTES
        || content[0] != 0x7f
        || content[1] != 'E'
        || content[2] != 'L'
        || content[3] != 'F'
        || content[4] != 2
        || content[5] != 1) {
      return Optional.empty();
    }
    ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    long table = bytes.getLong(40);
    int count = Short.toUnsignedInt(bytes.getShort(60));
    int nameSection = Short.toUnsignedInt(bytes.getShort(62));
    if (count > MAX_SECTIONS
        || nameSection >= count
        || table < 0
        || table > content.length - (long) count * SECTION_HEADER_BYTES) {
      return Optional.empty();
    }
    Section names = section(bytes, (int) table + nameSection * SECTION_HEADER_BYTES, "");
    List<Section> sections = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int header = (int) table + i * SECTION_HEADER_BYTES;
      int name = bytes.getInt(header);
      if (names == null || name < 0 || name >= names.size()) {
        return Optional.empty();
      }
      Section section = section(bytes, header, string(bytes, names.offset() + name));
      if (section != null) {
        sections.add(section);
      }
    }
    return Optional.of(new ElfFile(bytes, List.copyOf(sections)));
  }

  /** A section that has bytes in the file; null where it has none or points outside. */
  private static Section section(ByteBuffer bytes, int header, String name) {
    int type = bytes.getInt(header + 4);
    long offset = bytes.getLong(header + 24);
    long size = bytes.getLong(header + 32);
    boolean noBits = type == 8;
    if (noBits || offset < 0 || size < 0 || offset > bytes.limit() - size) {
      return null;
    }
    return new Section(name, (int) offset, (int) size);
  }

  private static String string(ByteBuffer bytes, int offset) {
    int end = offset;
    while (end < bytes.limit() && bytes.get(end) != 0) {
      end++;
    }
    byte[] text = new byte[end - offset];
    bytes.get(offset, text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private Optional<Section> find(String name) {
    return sections.stream().filter(s -> s.name().equals(name)).findFirst();
  }

  /** The program that loads this one, for example {@code /lib64/ld-linux-x86-64.so.2}. */
  Optional<String> interpreter() {
    return find(".interp").map(s -> string(bytes, s.offset()));
  }

  /** The libraries that this file asks for by name. */
  List<String> needed() {
    Optional<Section> dynamic = find(".dynamic");
    Optional<Section> names = find(".dynstr");
    if (dynamic.isEmpty() || names.isEmpty()) {
      return List.of();
    }
    List<String> needed = new ArrayList<>();
    int end = dynamic.get().offset() + dynamic.get().size();
    for (int at = dynamic.get().offset();
        at + DYNAMIC_ENTRY_BYTES <= end;
        at += DYNAMIC_ENTRY_BYTES) {
      long value = bytes.getLong(at + 8);
      if (bytes.getLong(at) == DT_NEEDED && value >= 0 && value < names.get().size()) {
        needed.add(string(bytes, names.get().offset() + (int) value));
      }
    }
    return needed;
  }

  /** The {@code key=value} strings of a kernel module. */
  List<String> moduleInfo() {
    List<String> info = new ArrayList<>();
    find(".modinfo")
        .ifPresent(
            section -> {
              int at = section.offset();
              while (at < section.offset() + section.size()) {
                String entry = string(bytes, at);
                if (!entry.isEmpty()) {
                  info.add(entry);
                }
                at += entry.getBytes(StandardCharsets.UTF_8).length + 1;
              }
            });
    return info;
  }
}
