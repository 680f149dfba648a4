/** The command line: {@code virtio} and its subcommands. */
package dev.virtio4j.cli;
