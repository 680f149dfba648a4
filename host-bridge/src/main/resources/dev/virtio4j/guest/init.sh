#!/bin/busybox sh
# Process 1 of a test guest: loads modules, then runs the scripts that the host sends.
# Lines from the host:  "script N", then "+BASE64" lines, then "run"; or "poweroff".
# Lines to the host:    "@v4j boot ...", "@v4j ready", "@v4j ack", "@v4j begin N", "@v4j end N STATUS".
export PATH=/bin:/sbin HOME=/ LC_ALL=C
/bin/busybox mount -t proc proc /proc
# What is there already stays: the real mke2fs is better than busybox's.
/bin/busybox --install -s /bin 2>/dev/null
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
# What the host sends must not come back, and what goes out needs no carriage returns.
stty -echo -onlcr
echo "@v4j boot $(uname -r)"
while read -r module; do
  [ -z "$module" ] || insmod "/v4j/modules/$module.ko" ||
    echo "@v4j fault cannot load module $module"
done </v4j/load
echo "@v4j ready"
while IFS= read -r line; do
  case $line in
    script\ *)
      number=${line#script }
      : >/run/script.b64
      echo "@v4j ack"
      ;;
    +*)
      echo "${line#+}" >>/run/script.b64
      echo "@v4j ack"
      ;;
    run)
      base64 -d /run/script.b64 >/run/script.sh
      echo "@v4j begin $number"
      # Not in a subshell of this one: a script must not be able to end process 1.
      sh /run/script.sh 2>&1
      status=$?
      echo "@v4j end $number $status"
      ;;
    poweroff)
      break
      ;;
  esac
done
# Also when the console has ended: nobody is left to talk to.
sync
poweroff -f
