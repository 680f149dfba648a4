/** {@code virtio bench}: the commands of the load generator. */
package dev.virtio4j.cli.bench;
