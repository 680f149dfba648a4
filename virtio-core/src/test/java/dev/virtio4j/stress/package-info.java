/**
 * Both ends of a ring against each other on two threads, under jcstress. {@link
 * dev.virtio4j.stress.RingStressIT} runs them for a few seconds; longer with {@code
 * -Dvirtio4j.jcstress=quick}, {@code default} or {@code tough}.
 */
package dev.virtio4j.stress;
