package dev.virtio4j.cli.spec;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * One device as it was written: split into keys and values, nothing of it checked.
 *
 * @param source where it stands
 * @param device the device's name
 * @param deviceSource where the name stands
 * @param entries keys and values in their order
 */
public record DeviceDraft(Source source, String device, Source deviceSource, List<Entry> entries) {
  /**
   * Copies the list.
   *
   * @param source see above
   * @param device see above
   * @param deviceSource see above
   * @param entries see above
   */
  public DeviceDraft {
    entries = List.copyOf(entries);
  }

  /**
   * One key and its value.
   *
   * @param key the key
   * @param value the value, a string if it comes from a command line
   * @param source where it stands
   */
  public record Entry(String key, JsonNode value, Source source) {}
}
