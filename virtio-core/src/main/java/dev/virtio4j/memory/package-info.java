/**
 * Guest memory: the one gate through which anything in this framework touches memory that a guest
 * owns.
 *
 * <p>{@link dev.virtio4j.memory.GuestMemory} is an immutable snapshot of regions; every access is
 * checked with unsigned 64-bit arithmetic. Nothing here knows queues, devices or threads.
 */
package dev.virtio4j.memory;
