package dev.virtio4j.cli.command;

import java.util.Collection;
import java.util.Locale;

/** Finds what a user may have meant. */
public final class Suggestions {
  private static final int LONGEST = 64;

  private Suggestions() {}

  /**
   * The nearest of several words, by edit distance.
   *
   * @param typed what was typed
   * @param known what would be right
   * @return null if none is near
   */
  public static String nearest(String typed, Collection<String> known) {
    String best = null;
    int bestDistance = Math.max(1, Math.min(typed.length(), LONGEST) / 3) + 1;
    String lower = typed.toLowerCase(Locale.ROOT);
    for (String word : known) {
      int distance = word.startsWith(lower) && lower.length() >= 3 ? 1 : distance(lower, word);
      if (distance < bestDistance) {
        best = word;
        bestDistance = distance;
      }
    }
    return best;
  }

  /**
   * Says what may have been meant.
   *
   * @param typed what was typed
   * @param known what would be right
   * @return {@code "; did you mean 'queues'?"}, or nothing if no word is near
   */
  public static String didYouMean(String typed, Collection<String> known) {
    String nearest = nearest(typed, known);
    return nearest == null ? "" : "; did you mean '" + nearest + "'?";
  }

  /** The optimal string alignment distance: a swap of neighbours counts once. */
  private static int distance(String a, String b) {
    if (a.length() > LONGEST || b.length() > LONGEST) {
      return Integer.MAX_VALUE;
    }
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(d[i - 1][j - 1] + change, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
