/** The console device and its back-ends. */
module dev.virtio4j.console {
  requires transitive dev.virtio4j.core;
}
