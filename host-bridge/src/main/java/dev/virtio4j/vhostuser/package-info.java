/**
 * Serves devices over vhost-user: a {@link dev.virtio4j.vhostuser.VhostUserServer} listens on a
 * socket for each of its exports, and a front-end (QEMU, User-mode Linux, another virtual machine
 * monitor) that connects there has the device's rings served straight in its guest's memory.
 */
package dev.virtio4j.vhostuser;
