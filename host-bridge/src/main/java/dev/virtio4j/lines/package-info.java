/** Conversations over Unix sockets, a line each way. */
package dev.virtio4j.lines;
