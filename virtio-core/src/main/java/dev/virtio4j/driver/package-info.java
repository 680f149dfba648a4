/**
 * The driver's side, from the front-end's end of a ring: guest memory that a program owns ({@link
 * dev.virtio4j.driver.DriverMemory}), queues that make buffers available and take them back used
 * ({@link dev.virtio4j.driver.DriverQueue}), and a driver for a device in the same process ({@link
 * dev.virtio4j.driver.DriverDevice}).
 *
 * <p>Tests, benchmarks and the conformance kit drive devices with it. What a well-behaved driver
 * must not do is possible as well: every field of a ring can be written through {@link
 * dev.virtio4j.driver.SplitRing} and {@link dev.virtio4j.driver.PackedRing}.
 */
package dev.virtio4j.driver;
