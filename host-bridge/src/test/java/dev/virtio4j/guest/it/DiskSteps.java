package dev.virtio4j.guest.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.guest.Guest;
import dev.virtio4j.guest.GuestScript;
import dev.virtio4j.guest.ScriptResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** What a guest is made to do with its disk {@code /dev/vda}, each step on its own. */
final class DiskSteps {
  static final Duration SOON = Duration.ofMinutes(2);

  private final Guest guest;

  DiskSteps(Guest guest) {
    this.guest = guest;
  }

  ScriptResult run(String script) throws IOException {
    return guest.run("set -e\n" + script, SOON).requireSuccess();
  }

  /** What the driver sees: {@code serial}, {@code features}, {@code sectors}, {@code queues}. */
  ScriptResult identity() throws IOException {
    return run(
        """
        v4j serial "$(cat /sys/block/vda/serial)"
        v4j features "$(cat /sys/block/vda/device/features)"
        v4j sectors "$(cat /sys/block/vda/size)"
        v4j queues "$(ls /sys/block/vda/mq | wc -l)"
        """);
  }

  /** Makes a filesystem with files of odd sizes and leaves their checksums in /tmp/sums. */
  void makeFiles(int files) throws IOException {
    run(
        """
        mkfs.ext4 -q -F /dev/vda
        mount -t ext4 /dev/vda /mnt
        : >/tmp/sums
        i=1
        while [ $i -le %d ]; do
          # The sum is of what was meant, not of what a read would return.
          sum=$(head -c $((i * 300001)) /dev/urandom | tee /mnt/f$i | sha256sum)
          echo "${sum%%%% *}  /mnt/f$i" >>/tmp/sums
          i=$((i + 1))
        done
        sync
        umount /mnt
        """
            .formatted(files));
  }

  /** Checks those files, read from the disk, and the filesystem. */
  void checkFiles() throws IOException {
    run(
        """
        echo 3 >/proc/sys/vm/drop_caches
        mount -t ext4 /dev/vda /mnt
        sha256sum -c /tmp/sums
        umount /mnt
        e2fsck -fn /dev/vda
        """);
  }

  /** Removes all files but the first, and tells the disk. */
  void trim() throws IOException {
    run(
        """
        mount -t ext4 /dev/vda /mnt
        sed -i 2,\\$d /tmp/sums
        for file in /mnt/f*; do
          [ $file = /mnt/f1 ] || rm $file
        done
        sync
        fstrim /mnt
        umount /mnt
        """);
  }

  /** Removes the driver from the kernel and loads it again, with requests before and after. */
  void reloadDriver(int times) throws IOException {
    run(
        """
        n=0
        while [ $n -lt %d ]; do
          rmmod virtio_blk
          [ ! -e /sys/block/vda ]
          insmod /v4j/modules/virtio_blk.ko
          tries=100
          while [ ! -b /dev/vda ]; do
            tries=$((tries - 1))
            [ $tries -gt 0 ]
            usleep 50000
          done
          n=$((n + 1))
          echo "round $n" | dd of=/dev/vda bs=4096 count=1 seek=2 conv=sync,notrunc oflag=direct
          dd if=/dev/vda bs=4096 count=1 skip=2 iflag=direct | grep -q "round $n"
        done
        """
            .formatted(times));
  }

  /** Takes the device from its driver and gives it back. */
  void rebindDriver(int times) throws IOException {
    run(
        """
        device=$(basename "$(readlink /sys/block/vda/device)")
        n=0
        while [ $n -lt %d ]; do
          echo $device >/sys/bus/virtio/drivers/virtio_blk/unbind
          [ ! -e /sys/block/vda ]
          echo $device >/sys/bus/virtio/drivers/virtio_blk/bind
          [ -b /dev/vda ]
          n=$((n + 1))
          dd if=/dev/vda of=/dev/null bs=64k count=8 iflag=direct
        done
        """
            .formatted(times));
  }

  /** Writes from each processor and reads back, so that all queues are used. */
  void useEachProcessor() throws IOException {
    run(
        """
        cpus=$(nproc)
        cpu=0
        while [ $cpu -lt $cpus ]; do
          yes "processor $cpu" | head -c 1048576 >/tmp/cpu$cpu
          taskset -c $cpu dd if=/tmp/cpu$cpu of=/dev/vda bs=65536 seek=$((cpu * 16)) \
            conv=notrunc oflag=direct &
          cpu=$((cpu + 1))
        done
        wait
        cpu=0
        while [ $cpu -lt $cpus ]; do
          taskset -c $cpu dd if=/dev/vda bs=65536 skip=$((cpu * 16)) count=16 iflag=direct |
            cmp - /tmp/cpu$cpu
          cpu=$((cpu + 1))
        done
        """);
  }

  /** Sets the disk's cache mode through sysfs. */
  void cacheType(String type) throws IOException {
    ScriptResult result =
        run(
            """
            echo "%s" >/sys/block/vda/cache_type
            v4j type "$(cat /sys/block/vda/cache_type)"
            v4j kernel "$(cat /sys/block/vda/queue/write_cache)"
            """
                .formatted(type));
    assertThat(result.value("type")).isEqualTo(type);
    assertThat(result.value("kernel")).isEqualTo(type);
  }

  /** Grows the filesystem after the disk has grown under a guest that waits for it. */
  void grow(ServedDisks served, long bytes) throws IOException {
    GuestScript script =
        guest.start(
            """
            set -e
            old=$(cat /sys/block/vda/size)
            v4j waiting $old
            tries=200
            while [ $(cat /sys/block/vda/size) = $old ]; do
              tries=$((tries - 1))
              [ $tries -gt 0 ]
              usleep 50000
            done
            v4j sectors $(cat /sys/block/vda/size)
            e2fsck -fp /dev/vda
            resize2fs /dev/vda
            mount -t ext4 /dev/vda /mnt
            v4j mib $(df -m /mnt | tail -1 | awk '{print $2}')
            umount /mnt
            # The last block of what is new.
            last=$(($(blockdev --getsize64 /dev/vda) / 4096 - 1))
            echo end | dd of=/dev/vda bs=4096 seek=$last conv=sync,notrunc oflag=direct
            """);
    script.awaitValue("waiting", SOON);
    served.disk(0).resize(bytes);
    ScriptResult result = script.await(SOON).requireSuccess();
    assertThat(result.value("sectors")).isEqualTo(Long.toString(bytes / 512));
    assertThat(Long.parseLong(result.value("mib"))).isGreaterThan((bytes >> 20) * 8 / 10);
  }

  /** A disk that may not be written. */
  void refuseWrites(String device, Path image) throws IOException {
    ScriptResult result =
        guest.run(
            """
            v4j ro $(blockdev --getro %1$s)
            v4j sum $(sha256sum <%1$s)
            dd if=/dev/urandom of=%1$s bs=4096 count=1 conv=notrunc oflag=direct && exit 9
            v4j after $(sha256sum <%1$s)
            """
                .formatted(device),
            SOON);
    result.requireSuccess();
    assertThat(result.value("ro")).isEqualTo("1");
    assertThat(result.value("after")).isEqualTo(result.value("sum"));
    assertThat(result.value("sum")).startsWith(Sums.sha256(image));
  }
}
