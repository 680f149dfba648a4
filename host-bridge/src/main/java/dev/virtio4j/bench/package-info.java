/**
 * The load generator behind {@code virtio bench}: drives any vhost-user block back-end, measures
 * and verifies it, and compares two back-ends. Its commands are in {@code dev.virtio4j.cli.bench}.
 */
package dev.virtio4j.bench;
