package dev.virtio4j.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.virtio4j.cli.spec.DeviceRequest;
import dev.virtio4j.cli.spec.RequestResolver;
import dev.virtio4j.cli.spec.SocketActivation;
import dev.virtio4j.cli.spec.SpecParser;
import dev.virtio4j.device.DeviceContext;
import dev.virtio4j.device.DeviceQueue;
import dev.virtio4j.device.QueueHandler;
import dev.virtio4j.device.VirtioDevice;
import dev.virtio4j.device.VirtioDeviceProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(value = OS.LINUX, disabledReason = "vhost-user needs Linux")
class DeviceServerTest {
  @TempDir private Path folder;

  @Test
  void anOrderlyEndIsTold() {
    assertThat(start(new Disk(false)).end()).isTrue();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aDiskThatCannotBeSyncedIsToldAndTheOthersAreClosed() {
    Disk lost = new Disk(true);
    Disk other = new Disk(false);
    assertThat(start(lost, other).end()).isFalse();
    assertThat(other.closed).isTrue();
    assertThat(folder).isEmptyDirectory();
  }

  private DeviceServer start(Disk... disks) {
    List<String> problems = new ArrayList<>();
    List<DeviceRequest> requests = new ArrayList<>();
    for (int i = 0; i < disks.length; i++) {
      String spec = "disk,name=d" + i + ",socket=" + folder.resolve(i + ".sock");
      requests.addAll(
          new RequestResolver(
                  Map.of("disk", new Maker(disks[i])), SocketActivation.of(Map.of(), 1), problems)
              .resolve(List.of(SpecParser.parse(spec, problems))));
    }
    assertThat(problems).isEmpty();
    return DeviceServer.start(requests, new ServeOptions(1, 0, null, null));
  }

  private record Maker(VirtioDevice device) implements VirtioDeviceProvider {
    @Override
    public String name() {
      return "disk";
    }

    @Override
    public List<Option> options() {
      return List.of();
    }

    @Override
    public VirtioDevice create(JsonNode options) {
      return device;
    }
  }

  private static final class Disk implements VirtioDevice {
    private final boolean broken;
    private boolean closed;

    Disk(boolean broken) {
      this.broken = broken;
    }

    @Override
    public int deviceId() {
      return 2;
    }

    @Override
    public long features() {
      return 0;
    }

    @Override
    public int queues() {
      return 1;
    }

    @Override
    public int maxQueueSize(int index) {
      return 8;
    }

    @Override
    public int configSize() {
      return 0;
    }

    @Override
    public void readConfig(int offset, ByteBuffer target) {}

    @Override
    public void activate(DeviceContext context) {}

    @Override
    public QueueHandler startQueue(DeviceQueue queue) {
      throw new IllegalStateException("nobody starts it");
    }

    @Override
    public void close() {
      closed = true;
      if (broken) {
        throw new UncheckedIOException(new IOException("Input/output error"));
      }
    }
  }
}
