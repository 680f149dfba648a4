package dev.virtio4j.guest.it;

import dev.virtio4j.device.DeviceContext;
import dev.virtio4j.device.DeviceQueue;
import dev.virtio4j.device.Metric;
import dev.virtio4j.device.QueueHandler;
import dev.virtio4j.device.VirtioDevice;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * A device that hides some of its features: a guest that takes all that it is offered takes others.
 *
 * @param device the device behind it
 * @param hidden the features that are not offered
 */
record Offering(VirtioDevice device, long hidden) implements VirtioDevice {
  @Override
  public int deviceId() {
    return device.deviceId();
  }

  @Override
  public long features() {
    return device.features() & ~hidden;
  }

  @Override
  public String featureProblem(long driverFeatures) {
    return device.featureProblem(driverFeatures);
  }

  @Override
  public int queues() {
    return device.queues();
  }

  @Override
  public int maxQueueSize(int index) {
    return device.maxQueueSize(index);
  }

  @Override
  public int configSize() {
    return device.configSize();
  }

  @Override
  public void readConfig(int offset, ByteBuffer target) {
    device.readConfig(offset, target);
  }

  @Override
  public void writeConfig(int offset, ByteBuffer source) {
    device.writeConfig(offset, source);
  }

  @Override
  public void activate(DeviceContext context) {
    device.activate(context);
  }

  @Override
  public QueueHandler startQueue(DeviceQueue queue) {
    return device.startQueue(queue);
  }

  @Override
  public CompletionStage<Void> reset() {
    return device.reset();
  }

  @Override
  public byte[] save() {
    return device.save();
  }

  @Override
  public void restore(byte[] state) {
    device.restore(state);
  }

  @Override
  public CompletionStage<List<Metric>> metrics() {
    return device.metrics();
  }

  @Override
  public void close() {
    device.close();
  }
}
