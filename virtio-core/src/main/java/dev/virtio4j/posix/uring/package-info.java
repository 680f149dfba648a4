/**
 * File I/O by Linux's io_uring: the ring as the kernel shares it, and {@link
 * dev.virtio4j.loop.FileIo} on top of it. Not API, as the package above.
 */
package dev.virtio4j.posix.uring;
