/** Guest memory, virtqueues, the device contract, register transports, and the driver's side. */
@SuppressWarnings("module") // The modules above see posix; they are compiled later.
module dev.virtio4j.core {
  requires transitive com.fasterxml.jackson.databind;
  requires com.sun.jna;

  exports dev.virtio4j.device;
  exports dev.virtio4j.driver;
  exports dev.virtio4j.loop;
  exports dev.virtio4j.memory;
  exports dev.virtio4j.queue;
  exports dev.virtio4j.posix to
      dev.virtio4j.blk,
      dev.virtio4j.net,
      dev.virtio4j.console,
      dev.virtio4j.gpu,
      dev.virtio4j.bridge;
  exports dev.virtio4j.posix.uring to
      dev.virtio4j.blk,
      dev.virtio4j.net,
      dev.virtio4j.console,
      dev.virtio4j.gpu,
      dev.virtio4j.bridge;
}
