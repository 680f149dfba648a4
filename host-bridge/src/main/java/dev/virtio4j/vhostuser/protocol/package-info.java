/**
 * The vhost-user wire format: request numbers, feature bits, the header and the payloads, shared by
 * both ends. Numbers travel in native byte order.
 *
 * <p>Records are what was on the wire, unchecked beyond their length. Nothing here does I/O or
 * knows a device.
 */
package dev.virtio4j.vhostuser.protocol;
