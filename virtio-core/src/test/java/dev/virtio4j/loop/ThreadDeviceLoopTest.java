package dev.virtio4j.loop;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ThreadDeviceLoopTest extends DeviceLoopContract {
  @Override
  protected DeviceLoop start(String name, Duration spinLimit) {
    return ThreadDeviceLoop.start(name, spinLimit);
  }

  @Override
  protected void close(DeviceLoop started) {
    ((ThreadDeviceLoop) started).close();
  }

  @Test
  void watchesNoDescriptors() {
    assertThatThrownBy(() -> loop.watch(0, events -> {}))
        .isInstanceOf(UnsupportedOperationException.class);
  }
}
