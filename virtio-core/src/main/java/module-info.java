/** Guest memory, virtqueues, the device contract, register transports, and the driver's side. */
module dev.virtio4j.core {
  requires com.fasterxml.jackson.databind;
  requires com.sun.jna;
}
