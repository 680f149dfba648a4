/** {@code virtio demo}: a Linux guest on a disk that this process serves. */
package dev.virtio4j.cli.demo;
