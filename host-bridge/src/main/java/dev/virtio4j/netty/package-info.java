/**
 * Device loops on Netty's event loop: descriptors are watched with epoll. Linux only; elsewhere
 * there is {@link dev.virtio4j.loop.ThreadDeviceLoop}.
 */
package dev.virtio4j.netty;
