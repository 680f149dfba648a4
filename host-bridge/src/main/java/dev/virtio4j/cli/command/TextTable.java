package dev.virtio4j.cli.command;

import java.util.ArrayList;
import java.util.List;

/** Columns of text, as wide as they need to be. */
public final class TextTable {
  private final List<String[]> rows = new ArrayList<>();
  private final boolean[] right;

  /**
   * Makes an empty table.
   *
   * @param alignment one character a column: {@code l} for left, {@code r} for right
   */
  public TextTable(String alignment) {
    right = new boolean[alignment.length()];
    for (int i = 0; i < right.length; i++) {
      right[i] = alignment.charAt(i) == 'r';
    }
  }

  /**
   * Adds a row.
   *
   * @param cells one a column
   * @return this
   * @throws IllegalArgumentException if there are more or fewer
   */
  public TextTable row(Object... cells) {
    if (cells.length != right.length) {
      throw new IllegalArgumentException(cells.length + " cells in " + right.length + " columns");
    }
    String[] row = new String[cells.length];
    for (int i = 0; i < row.length; i++) {
      row[i] = String.valueOf(cells[i]);
    }
    rows.add(row);
    return this;
  }

  /**
   * Renders the table.
   *
   * @param indent what each line begins with
   * @return lines without trailing blanks, each ended by a newline
   */
  public String render(String indent) {
    int[] width = new int[right.length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        width[i] = Math.max(width[i], row[i].length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder(indent);
      for (int i = 0; i < row.length; i++) {
        if (i > 0) {
          line.append("  ");
        }
        String padding = " ".repeat(width[i] - row[i].length());
        line.append(right[i] ? padding + row[i] : row[i] + padding);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
