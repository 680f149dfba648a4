package dev.virtio4j.loop;

import java.time.Duration;

class ThreadFileIoTest extends FileIoContract {
  @Override
  protected DeviceLoop start() {
    return ThreadDeviceLoop.start("file-io", Duration.ofNanos(20_000));
  }

  @Override
  protected void close(DeviceLoop started) {
    ((ThreadDeviceLoop) started).close();
  }

  @Override
  protected String name() {
    return "threads";
  }
}
