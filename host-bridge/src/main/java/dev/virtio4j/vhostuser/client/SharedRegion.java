package dev.virtio4j.vhostuser.client;

import dev.virtio4j.vhostuser.protocol.MemoryRegionDescription;

/**
 * One region of the front-end's memory as the back-end is told of it.
 *
 * @param descriptor the file behind it, which stays the caller's
 * @param description where it is for the guest, in this process and in the file
 */
public record SharedRegion(int descriptor, MemoryRegionDescription description) {}
