package dev.virtio4j.blk;

import static dev.virtio4j.blk.BlkDriver.OK;
import static dev.virtio4j.blk.BlkDriver.UNSUPP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtio4j.blk.BlkDriver.Shape;
import dev.virtio4j.blk.image.ImageRequest.Op;
import dev.virtio4j.device.VirtioFeatures;
import dev.virtio4j.testing.Normative;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When writes are durable, by what was negotiated and set. */
class CacheModeTest {
  private static final long BOTH = VirtioBlk.F_FLUSH | VirtioBlk.F_CONFIG_WCE;

  private final RecordingImage image = new RecordingImage(64 * 512);

  private BlkDriver driver(BlockDeviceBuilder builder, long without) {
    BlkDriver driver = new BlkDriver(builder.build(), Shape.SPLIT);
    return driver.start(driver.everything() & ~without);
  }

  private BlkDriver driver(long without) {
    return driver(BlockDevice.builder(image), without);
  }

  private static int writeback(BlkDriver driver) {
    return driver.config(VirtioBlk.CONFIG_WRITEBACK, 1).get();
  }

  private boolean durable(BlkDriver driver) {
    image.seen.clear();
    assertThat(driver.write(0, new byte[512])).isEqualTo(OK);
    assertThat(image.seen).hasSize(1);
    assertThat(image.seen.get(0).op()).isEqualTo(Op.WRITE);
    return image.seen.get(0).durable();
  }

  @Test
  @Normative("Device Types / Block Device / Device Initialization:1")
  void flushIsOfferedWithConfigWce() {
    try (BlkDriver driver = driver(0)) {
      assertThat(driver.device.features() & BOTH).isEqualTo(BOTH);
      assertThat(writeback(driver)).isEqualTo(1);
      assertThat(durable(driver)).isFalse();
    }
  }

  @Test
  @Normative("Device Types / Block Device / Device Initialization:2")
  void configWceWithoutFlushStartsAsWritethrough() {
    try (BlkDriver driver = driver(VirtioBlk.F_FLUSH)) {
      assertThat(writeback(driver)).isZero();
      assertThat(durable(driver)).isTrue();
    }
  }

  @Test
  @Normative("Device Types / Block Device / Device Initialization:2")
  void modeIsDecidedWhenFeaturesAreAgreedUpon() {
    try (BlkDriver driver = new BlkDriver(BlockDevice.builder(image).build(), Shape.SPLIT)) {
      assertThat(writeback(driver)).isEqualTo(1);
      assertThat(driver.life.negotiate(driver.everything() & ~VirtioBlk.F_FLUSH)).isNull();
      assertThat(writeback(driver)).isZero();
      assertThat(driver.life.negotiate(driver.everything())).isNull();
      assertThat(writeback(driver)).isEqualTo(1);
      assertThat(driver.life.negotiate(driver.everything() & ~BOTH)).isNull();
      assertThat(writeback(driver)).isZero();
      // Not negotiated, so the field is read-only.
      driver.writeConfig(VirtioBlk.CONFIG_WRITEBACK, 1);
      assertThat(writeback(driver)).isZero();
    }
  }

  @Test
  void modeThatWasSetBeforeTheQueuesStartStays() {
    try (BlkDriver driver = new BlkDriver(BlockDevice.builder(image).build(), Shape.SPLIT)) {
      assertThat(driver.life.negotiate(driver.everything())).isNull();
      driver.writeConfig(VirtioBlk.CONFIG_WRITEBACK, 0);
      driver.start();
      assertThat(writeback(driver)).isZero();
      assertThat(durable(driver)).isTrue();
    }
  }

  @Test
  void modeOfADriverThatStartedNothingIsForgottenWithIt() {
    try (BlkDriver driver = new BlkDriver(BlockDevice.builder(image).build(), Shape.SPLIT)) {
      driver.writeConfig(VirtioBlk.CONFIG_WRITEBACK, 0);
      assertThat(writeback(driver)).isZero();
      driver.await(driver.life.reset());
      assertThat(writeback(driver)).isEqualTo(1);
    }
  }

  @Test
  void modeCanBeSetWhileStorageIsBusy() throws Exception {
    try (BlkDriver driver = driver(0)) {
      CountDownLatch busy = new CountDownLatch(1);
      CountDownLatch over = new CountDownLatch(1);
      image.resizing =
          () -> {
            busy.countDown();
            awaitUninterrupted(over);
          };
      Thread grower = new Thread(() -> driver.device.resize(128 * 512));
      grower.start();
      assertThat(busy.await(20, TimeUnit.SECONDS)).isTrue();
      Thread setter =
          new Thread(
              () -> {
                driver.writeConfig(VirtioBlk.CONFIG_WRITEBACK, 0);
                over.countDown();
              });
      setter.start();
      setter.join(20_000);
      over.countDown();
      assertThat(setter.isAlive()).isFalse();
      grower.join();
      assertThat(driver.device.capacity()).isEqualTo(128);
    }
  }

  /** Waits, and fails after a while that no good test takes. */
  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      if (!latch.await(40, TimeUnit.SECONDS)) {
        throw new AssertionError("storage was waited for");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  @Normative("Device Types / Block Device / Device Operation:11")
  void withNeitherEveryWriteIsDurable() {
    try (BlkDriver driver = driver(BOTH)) {
      assertThat(durable(driver)).isTrue();
      image.seen.clear();
      assertThat(driver.zero(0, 1, true)).isEqualTo(OK);
      assertThat(image.seen.get(0).durable()).isTrue();
    }
  }

  @Test
  @Normative("Device Types / Block Device / Device Operation:12")
  void flushWithoutConfigWceIsWriteback() {
    try (BlkDriver driver = driver(VirtioBlk.F_CONFIG_WCE)) {
      assertThat(durable(driver)).isFalse();
      driver.writeConfig(VirtioBlk.CONFIG_WRITEBACK, 0);
      assertThat(writeback(driver)).isEqualTo(1);
      assertThat(durable(driver)).isFalse();
    }
  }

  @Test
  @Normative("Device Types / Block Device / Device Operation:11")
  void modeIsToggledAtRunTime_B0053_B0169() {
    try (BlkDriver driver = driver(0)) {
      driver.writeConfig(VirtioBlk.CONFIG_WRITEBACK, 0);
      assertThat(writeback(driver)).isZero();
      assertThat(durable(driver)).isTrue();
      driver.writeConfig(VirtioBlk.CONFIG_WRITEBACK, 1);
      assertThat(writeback(driver)).isEqualTo(1);
      assertThat(durable(driver)).isFalse();
    }
  }

  @Test
  void resetBringsTheFirstModeBack() {
    try (BlkDriver driver = driver(0)) {
      driver.writeConfig(VirtioBlk.CONFIG_WRITEBACK, 0);
      driver.await(driver.life.reset());
      assertThat(writeback(driver)).isEqualTo(1);
    }
    try (BlkDriver driver = driver(BlockDevice.builder(image).writeback(false), 0)) {
      assertThat(writeback(driver)).isZero();
      assertThat(durable(driver)).isTrue();
    }
  }

  @Test
  void flushReachesTheImage() {
    try (BlkDriver driver = driver(0)) {
      assertThat(driver.flush()).isEqualTo(OK);
      assertThat(image.seen.get(0).op()).isEqualTo(Op.FLUSH);
    }
  }

  @Test
  void flushIsServedThoughNotNegotiated_B0117() {
    try (BlkDriver driver = driver(BOTH)) {
      assertThat(driver.flush()).isEqualTo(OK);
    }
  }

  @Test
  void withoutSyncNoFlushIsOfferedAndNothingIsDurable() {
    try (BlkDriver driver = driver(BlockDevice.builder(image).sync(SyncMode.NONE), 0)) {
      assertThat(driver.device.features() & BOTH).isZero();
      assertThat(writeback(driver)).isZero();
      assertThat(durable(driver)).isFalse();
      assertThat(driver.flush()).isEqualTo(UNSUPP);
    }
    assertThat(image.syncs).isZero();
  }

  @Test
  void closingMakesDurable() {
    driver(0).close();
    assertThat(image.syncs).isEqualTo(1);
    assertThat(image.closed).isTrue();
  }

  @Test
  void legacyDriversKeepTheModeThatTheySet() {
    BlkDriver driver = new BlkDriver(BlockDevice.builder(image).build(), Shape.SPLIT);
    try (driver) {
      driver.start(VirtioBlk.F_CONFIG_WCE);
      assertThat(writeback(driver)).isEqualTo(1);
      assertThat(durable(driver)).isFalse();
      assertThat(driver.life.features() & VirtioFeatures.VERSION_1).isZero();
    }
  }

  @Test
  void modeIsSavedAndRestored() {
    byte[] state;
    try (BlkDriver driver = driver(0)) {
      driver.writeConfig(VirtioBlk.CONFIG_WRITEBACK, 0);
      state = driver.device.save();
    }
    try (BlkDriver driver = driver(0)) {
      driver.device.restore(state);
      assertThat(writeback(driver)).isZero();
      assertThat(durable(driver)).isTrue();
      assertThatThrownBy(() -> driver.device.restore(new byte[] {9, 1}))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
