#!/bin/perl
# Loads a disk and measures it: a guest has no compiler, and no small package has such a program.
#   disk-load NAME file=/dev/vda rw=randread|randwrite|read|write [bs=4096] [depth=1] [seconds=2]
#             [bytes=LIMIT] [region=BYTES] [seed=1]
# Reports one value to the host, all times in microseconds:
#   @v4j load.NAME rw=.. bs=.. depth=.. ops=.. bytes=.. seconds=.. iops=.. mbps=.. min=.. mean=..
#        p50=.. p90=.. p99=.. p999=.. max=..
# Requests bypass the guest's page cache. Depth 1 is one blocking call a request; more uses Linux's
# AIO. Ends after `seconds`, or after `bytes` where that is sooner.
use strict;

# System calls of Linux on x86-64, by name. Subs, as constant.pm would be one more file in the guest.
sub READ() { 0 }
sub MMAP() { 9 }
sub PREAD() { 17 }
sub PWRITE() { 18 }
sub IO_SETUP() { 206 }
sub IO_GETEVENTS() { 208 }
sub IO_SUBMIT() { 209 }
sub CLOCK_GETTIME() { 228 }
sub O_RDONLY() { 0 }
sub O_RDWR() { 2 }
sub O_DIRECT() { 040000 }
sub IOCB_READ() { 0 }
sub IOCB_WRITE() { 1 }

my $name = shift @ARGV;
my %o = (rw => 'randread', bs => 4096, depth => 1, seconds => 2, bytes => 0, region => 0, seed => 1);
for (@ARGV) {
  /^(\w+)=(.+)$/ or die "disk-load: not KEY=VALUE: $_\n";
  $o{$1} = $2;
}
$o{rw} =~ /^(rand)?(read|write)$/ or die "disk-load: rw=$o{rw}\n";
my ($random, $write) = (defined $1, $2 eq 'write');
my ($bs, $depth) = ($o{bs}, $o{depth});
srand($o{seed});

sysopen(my $file, $o{file}, ($write ? O_RDWR : O_RDONLY) | O_DIRECT) or die "disk-load: $o{file}: $!\n";
my $fd = fileno $file;
my $size = sysseek($file, 0, 2);
$size = $o{region} if $o{region} && $o{region} < $size;
my $blocks = int($size / $bs);
$blocks > 0 or die "disk-load: $o{file} has no block of $bs bytes\n";

sub checked {
  my ($what, $result) = @_;
  die "disk-load: $what: $!\n" if $result < 0;
  return $result;
}

my $ts = "\0" x 16;
sub now_ns {
  syscall(CLOCK_GETTIME, 1, $ts);
  my ($seconds, $ns) = unpack 'qq', $ts;
  return $seconds * 1_000_000_000 + $ns;
}

# O_DIRECT wants aligned buffers, which Perl's strings are not. mmap(2), private and anonymous.
my $buffers = checked('mmap', syscall(MMAP, 0, $bs * $depth, 3, 0x22, -1, 0));
open(my $noise, '<', '/dev/urandom') or die "disk-load: /dev/urandom: $!\n";
for (my $at = 0; $at < $bs * $depth;) {
  $at += checked('urandom', syscall(READ, fileno $noise, $buffers + $at, $bs * $depth - $at));
}

my $next = 0;
sub offset {
  return $bs * ($random ? int(rand($blocks)) : $next++ % $blocks);
}

# One bucket for each per cent of difference.
my ($ops, $sum, $min, $max, %histogram) = (0, 0, 9e18, 0);
sub record {
  my $ns = shift;
  $ops++;
  $sum += $ns;
  $min = $ns if $ns < $min;
  $max = $ns if $ns > $max;
  $histogram{int(100 * log($ns || 1))}++;
}

my $start = now_ns();
my $deadline = $start + $o{seconds} * 1e9;
my $limit = $o{bytes} ? int($o{bytes} / $bs) : 9e18;
my $end = $start;

if ($depth == 1) {
  my $call = $write ? PWRITE : PREAD;
  for (my $issued = 0; $issued < $limit && $end < $deadline; $issued++) {
    my $done = checked('request', syscall($call, $fd, $buffers, $bs, offset()));
    $done == $bs or die "disk-load: $done bytes instead of $bs\n";
    my $now = now_ns();
    record($now - $end);
    $end = $now;
  }
} else {
  my $context = "\0" x 8;
  checked('io_setup', syscall(IO_SETUP, $depth, $context));
  my $ctx = unpack 'Q', $context;
  my $events = "\0" x (32 * $depth);
  my (@iocb, @since);
  my @free = (0 .. $depth - 1);
  my ($issued, $flying) = (0, 0);
  my $now = $start;
  while (1) {
    my @batch;
    while (@free && $issued < $limit && $now < $deadline) {
      my $slot = shift @free;
      # struct iocb of linux/aio_abi.h
      $iocb[$slot] = pack 'QLLSsLQQqQLL', $slot, 0, 0, $write ? IOCB_WRITE : IOCB_READ, 0, $fd,
        $buffers + $bs * $slot, $bs, offset(), 0, 0, 0;
      push @batch, $slot;
      $issued++;
    }
    if (@batch) {
      $now = now_ns();
      $since[$_] = $now for @batch;
      my $pointers = pack '(p)*', @iocb[@batch];
      my $taken = checked('io_submit', syscall(IO_SUBMIT, $ctx, scalar @batch, $pointers));
      $taken == @batch or die "disk-load: $taken of " . @batch . " requests taken\n";
      $flying += @batch;
    }
    last unless $flying;
    my $got = checked('io_getevents', syscall(IO_GETEVENTS, $ctx, 1, $depth, $events, 0));
    $now = now_ns();
    for my $i (0 .. $got - 1) {
      my ($slot, undef, $result) = unpack 'QQq', substr($events, 32 * $i, 24);
      $result == $bs or die "disk-load: a request ended with $result instead of $bs\n";
      record($now - $since[$slot]);
      push @free, $slot;
    }
    $flying -= $got;
  }
  $end = $now;
}

my @sorted = sort { $a <=> $b } keys %histogram;
sub percentile {
  my $rank = shift() * $ops;
  my $seen = 0;
  for (@sorted) {
    $seen += $histogram{$_};
    if ($seen >= $rank) {
      my $value = exp(($_ + 0.5) / 100);
      return $value > $max ? $max : $value;
    }
  }
  return $max;
}

my $seconds = ($end - $start) / 1e9;
printf "@%s load.%s rw=%s bs=%d depth=%d ops=%d bytes=%d seconds=%.3f iops=%.0f mbps=%.1f min=%.1f"
  . " mean=%.1f p50=%.1f p90=%.1f p99=%.1f p999=%.1f max=%.1f\n",
  'v4j', $name, $o{rw}, $bs, $depth, $ops, $ops * $bs, $seconds, $ops / $seconds,
  $ops * $bs / $seconds / 1e6, $min / 1e3, $sum / $ops / 1e3,
  (map { percentile($_) / 1e3 } 0.5, 0.9, 0.99, 0.999), $max / 1e3;
