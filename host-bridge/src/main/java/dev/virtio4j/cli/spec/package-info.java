/**
 * What a user asks {@code virtio serve} for: the grammar of a SPEC, the JSON of {@code --config},
 * and the checks that both share. Opens nothing.
 */
package dev.virtio4j.cli.spec;
