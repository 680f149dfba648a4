package dev.virtio4j.cli.spec;

/**
 * The value of an option, with where it was written.
 *
 * @param where such as {@code --metrics}, or {@code devices.json:4:18: $.metrics:}
 * @param text the value
 */
public record Setting(String where, String text) {
  /**
   * Of the command line, else of a file.
   *
   * @param option as it is typed
   * @param typed its value; null if it was not given
   * @param fromFile the file's; null if it has none
   * @return null if neither has it
   */
  public static Setting choose(String option, String typed, Setting fromFile) {
    return typed == null ? fromFile : new Setting(option, typed);
  }

  /**
   * An error about it.
   *
   * @param message goes on behind the place: "is ..., not ..."
   * @return one line
   */
  public String problem(String message) {
    return where + " " + message;
  }
}
