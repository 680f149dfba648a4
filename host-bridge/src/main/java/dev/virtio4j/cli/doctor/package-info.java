/** {@code virtio doctor}: what this host offers, what each thing is for, and how to get it. */
package dev.virtio4j.cli.doctor;
