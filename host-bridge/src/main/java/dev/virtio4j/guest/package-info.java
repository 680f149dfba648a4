/**
 * Real Linux guests: fetching their parts, building their initramfs, booting them and talking to a
 * shell in them.
 *
 * <p>{@link GuestParts} finds or fetches kernels and programs, {@link Initramfs} packs them, {@link
 * UmlGuest} and {@link QemuGuest} boot them, and {@link Guest#run} runs a script inside. Nothing
 * here knows which back-end serves the guest's devices: a guest is given sockets.
 */
package dev.virtio4j.guest;
