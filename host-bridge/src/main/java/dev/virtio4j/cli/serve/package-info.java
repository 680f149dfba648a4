/**
 * {@code virtio serve}: opens devices, listens, answers signals, and ends without leaving anything
 * behind.
 */
package dev.virtio4j.cli.serve;
