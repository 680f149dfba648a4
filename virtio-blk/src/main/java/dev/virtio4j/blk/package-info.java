/**
 * The Virtio block device (Virtio 1.4, 5.2): {@link dev.virtio4j.blk.BlockDevice} takes requests
 * off its queues, checks them, and does them on a {@link dev.virtio4j.blk.image.DiskImage}.
 *
 * <p>Knows no transport. How a wrong request is answered stands in {@link
 * dev.virtio4j.blk.BlockDevice}.
 */
package dev.virtio4j.blk;
