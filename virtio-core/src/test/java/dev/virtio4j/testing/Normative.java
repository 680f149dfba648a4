package dev.virtio4j.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Names a requirement of the standard that a test checks: the row's id in the list of device
 * requirements of Virtio 1.4, without the leading {@code devicenormative:}.
 */
@Documented
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Repeatable(Normative.All.class)
public @interface Normative {
  /**
   * The row.
   *
   * @return its id
   */
  String value();

  /** Several rows that one test checks. */
  @Documented
  @Target({ElementType.METHOD, ElementType.TYPE})
  @Retention(RetentionPolicy.RUNTIME)
  @interface All {
    /**
     * The rows.
     *
     * @return them
     */
    Normative[] value();
  }
}
