/**
 * The comparison behind {@code host-bridge/bench/compare}: this project's server and
 * qemu-storage-daemon, driven in turn by one client in one run, and what the ratios should be.
 */
package dev.virtio4j.bench.compare;
