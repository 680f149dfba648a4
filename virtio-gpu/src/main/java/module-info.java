/** The GPU and input devices, and their back-ends. */
module dev.virtio4j.gpu {
  requires transitive dev.virtio4j.core;
}
