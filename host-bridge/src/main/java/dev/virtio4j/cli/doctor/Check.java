package dev.virtio4j.cli.doctor;

/**
 * One thing that was looked for.
 *
 * @param id short, for {@code --json}
 * @param state whether it can be used
 * @param found what was found, a phrase
 * @param purpose what it is for, a phrase
 * @param remedy how to get it; empty if it is there
 */
record Check(String id, State state, String found, String purpose, String remedy) {
  /** Whether a thing can be used. */
  enum State {
    /** It can. */
    OK,
    /** It is there, but not as it should be. */
    LIMITED,
    /** It is not there. */
    MISSING
  }

  static Check ok(String id, String found, String purpose) {
    return new Check(id, State.OK, found, purpose, "");
  }

  static Check limited(String id, String found, String purpose, String remedy) {
    return new Check(id, State.LIMITED, found, purpose, remedy);
  }

  static Check missing(String id, String found, String purpose, String remedy) {
    return new Check(id, State.MISSING, found, purpose, remedy);
  }
}
