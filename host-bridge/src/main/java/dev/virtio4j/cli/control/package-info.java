/**
 * Talking to a running server: the control socket of {@code virtio serve} (one JSON object a line,
 * bounded), its clients {@code virtio stats} and {@code virtio resize}, and the forms in which
 * figures are shown.
 */
package dev.virtio4j.cli.control;
