#!/bin/sh
# Tries a disk from inside a guest: measures it, makes a filesystem on it, writes files, and checks
# every byte after a remount. Overwrites the disk.
#   disk-demo [DEVICE [FILES [MIB_PER_FILE [SECONDS_PER_MEASUREMENT]]]]
# Reports its findings with v4j; ends with 0 only where all was right, and with 4 where data was
# wrong.
disk=${1:-/dev/vda}
files=${2:-16}
mib=${3:-4}
seconds=${4:-2}
name=${disk#/dev/}

fail() {
  v4j failure "$1"
  exit "${2:-1}"
}

step() {
  v4j step "$1"
}

tries=100
while [ ! -b "$disk" ]; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || fail "there is no $disk: its driver found no device"
  usleep 100000
done

v4j kernel "$(uname -sr)"
v4j processors "$(nproc)"
v4j bytes "$(blockdev --getsize64 "$disk")"
v4j blocksize "$(cat /sys/block/$name/queue/logical_block_size)"
v4j queues "$(ls /sys/block/$name/mq | wc -l)"
v4j serial "$(cat /sys/block/$name/serial 2>/dev/null)"
v4j cache "$(cat /sys/block/$name/queue/write_cache)"
discard=$(cat /sys/block/$name/queue/discard_max_bytes)
v4j discard "$discard"
# One character a feature bit, bit 0 first.
v4j features "$(cat /sys/block/$name/device/features)"

if [ -x /bin/perl ]; then
  region=$(blockdev --getsize64 "$disk")
  [ "$region" -le 268435456 ] || region=268435456
  measure() {
    step "measuring $1"
    disk-load "$@" file="$disk" region="$region" seconds="$seconds" || fail "the measurement $1 failed"
  }
  # Written first: reading what was never written would flatter a sparse image.
  step "filling $((region / 1048576)) MiB"
  disk-load fill rw=write bs=131072 depth=8 file="$disk" region="$region" bytes="$region" \
    seconds=60 || fail "the disk could not be filled"
  measure seqwrite rw=write bs=131072 depth=8
  measure seqread rw=read bs=131072 depth=8
  measure randread1 rw=randread bs=4096 depth=1
  measure randread32 rw=randread bs=4096 depth=32
  measure randwrite1 rw=randwrite bs=4096 depth=1
  measure randwrite32 rw=randwrite bs=4096 depth=32
else
  v4j measured no
fi

step "making a filesystem"
if [ -x /bin/mkfs.ext4 ]; then
  kind=ext4
  mkfs.ext4 -q -F "$disk" || fail "mkfs.ext4 failed"
else
  # Busybox alone: an older format, which the same driver mounts.
  kind=ext2
  mke2fs -F "$disk" >/dev/null || fail "mke2fs failed"
fi
v4j filesystem $kind
mount -t ext4 "$disk" /mnt || fail "cannot mount $disk"

step "writing $files files of $mib MiB"
: >/tmp/sums
i=0
while [ $i -lt "$files" ]; do
  # The sum is of what was meant, not of what a read would return.
  sum=$(head -c $((mib * 1048576 + i)) /dev/urandom | tee /mnt/file$i | sha256sum)
  echo "${sum%% *}  /mnt/file$i" >>/tmp/sums
  i=$((i + 1))
done
[ "$(ls /mnt | grep -c '^file')" = "$files" ] || fail "only some files were written"
v4j written "$(cat /mnt/file* | wc -c)"
sync
umount /mnt || fail "cannot unmount $disk"
echo 3 >/proc/sys/vm/drop_caches

step "verifying"
mount -t ext4 "$disk" /mnt || fail "cannot mount $disk again" 4
if sha256sum -c /tmp/sums >/tmp/checked 2>&1; then
  v4j verified "$(cat /mnt/file* | wc -c)"
else
  grep -v ': OK$' /tmp/checked
  fail "$(grep -c ': FAILED' /tmp/checked) of $files files are not as they were written" 4
fi
if [ "$discard" -gt 0 ]; then
  step "trimming"
  rm /mnt/file0
  fstrim /mnt || fail "fstrim failed"
  v4j trimmed yes
  sed -i 1d /tmp/sums
  echo 3 >/proc/sys/vm/drop_caches
  [ ! -s /tmp/sums ] || sha256sum -c /tmp/sums >/tmp/checked 2>&1 ||
    fail "trimming changed a file" 4
else
  v4j trimmed no
fi
umount /mnt || fail "cannot unmount $disk"

if [ -x /bin/e2fsck ]; then
  step "checking the filesystem"
  e2fsck -fn "$disk" >/tmp/fsck 2>&1 || {
    cat /tmp/fsck
    fail "e2fsck found errors" 4
  }
  v4j fsck clean
else
  v4j fsck skipped
fi
