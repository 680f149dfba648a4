/**
 * The device contract: what a plug-in author writes ({@link dev.virtio4j.device.VirtioDevice},
 * {@link dev.virtio4j.device.QueueHandler}), what it is handed ({@link
 * dev.virtio4j.device.DeviceContext}, {@link dev.virtio4j.device.DeviceQueue}), and what drives it
 * ({@link dev.virtio4j.device.DeviceLifecycle}).
 *
 * <p>Nothing here knows PCI, MMIO, vhost-user or KVM.
 */
package dev.virtio4j.device;
