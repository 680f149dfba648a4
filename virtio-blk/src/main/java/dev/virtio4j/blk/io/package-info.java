/**
 * The host's side of disk images: opening and locking files, their alignment, and buffers for data
 * that cannot be moved where it lies. Knows neither images nor requests. Not API.
 */
package dev.virtio4j.blk.io;
