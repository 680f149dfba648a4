/**
 * Where devices run: event loops, the pollers they drive, and file I/O that does not hold a loop
 * up.
 *
 * <p>A loop is one thread. It looks at the queues that are awake, keeps looking for a short while
 * after the last work, asks their guests for notifications, and sleeps. Nothing here knows what a
 * queue or a device is.
 */
package dev.virtio4j.loop;
