/**
 * Virtqueues from the device's end: split and packed rings (Virtio 1.4, 2.6 to 2.8).
 *
 * <p>{@link dev.virtio4j.queue.QueueConfig} is what the guest may write before it enables a queue;
 * {@link dev.virtio4j.queue.Virtqueue} is a running queue made from a valid one, fixed in shape. A
 * {@link dev.virtio4j.queue.BufferChain} is one request, every descriptor of it copied once and
 * checked as a whole. A queue knows no threads, no eventfds and not what a chain means; whoever
 * runs it calls it from one thread at a time.
 */
package dev.virtio4j.queue;
