/** The network device and vsock, and their back-ends. */
module dev.virtio4j.net {
  requires transitive dev.virtio4j.core;
}
