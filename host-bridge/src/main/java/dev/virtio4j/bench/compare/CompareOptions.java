package dev.virtio4j.bench.compare;

import java.nio.file.Path;
import java.util.List;

/**
 * What to compare, and how long.
 *
 * @param virtio the launcher of this project's commands; null to hold qemu-storage-daemon against
 *     itself, which shows how much chance there is in the figures
 * @param spec what is added to the SPEC of the server, such as {@code loop=fast}
 * @param storageDaemon qemu-storage-daemon
 * @param client an external client; null for the built-in one
 * @param limitSource the C source of the limit; may be absent
 * @param folder where images and sockets go, in memory
 * @param diskFolder where the images of the uncached part go, on a disk; null to leave it out
 * @param imageBytes how large an image is
 * @param rounds how many rounds are counted; one more is run first and dropped
 * @param seconds how long each load runs
 * @param only a part of the names of the rows that are wanted; empty for all
 */
public record CompareOptions(
    Path virtio,
    List<String> spec,
    Path storageDaemon,
    Path client,
    Path limitSource,
    Path folder,
    Path diskFolder,
    long imageBytes,
    int rounds,
    double seconds,
    String only) {}
