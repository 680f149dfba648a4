/**
 * Disk images: the seat {@link dev.virtio4j.blk.image.DiskImage} that the block device does its
 * requests on, and {@link dev.virtio4j.blk.image.RawImage}, whose bytes are the disk's.
 *
 * <p>Nothing here knows Virtio's requests, statuses or features.
 */
package dev.virtio4j.blk.image;
