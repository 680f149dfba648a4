#!/bin/perl
# Writes numbered versions of blocks to a disk, many at a time, and knows which were acknowledged:
#   versions NAME DISK FIRST BLOCKS DEPTH
# One request at a time is on a block. A read must find the version that was acknowledged last.
# Reports "NAME.tick.N REQUESTS" about five times a second. Ends when /tmp/stop is there: reads all
# blocks once more, and reports "NAME.state V,V,..." with the version of each. Fails if no request
# ends for 40 seconds.
use strict;

# System calls of Linux on x86-64, by name.
sub READ() { 0 }
sub MMAP() { 9 }
sub IO_SETUP() { 206 }
sub IO_GETEVENTS() { 208 }
sub IO_SUBMIT() { 209 }
sub CLOCK_GETTIME() { 228 }
sub O_RDWR() { 2 }
sub O_DIRECT() { 040000 }
sub IOCB_READ() { 0 }
sub IOCB_WRITE() { 1 }
sub BLOCK() { 4096 }

my ($name, $disk, $first, $blocks, $depth) = @ARGV;
$| = 1;

sub checked {
  my ($what, $result) = @_;
  die "versions: $what: $!\n" if $result < 0;
  return $result;
}

sub now {
  my $ts = "\0" x 16;
  syscall(CLOCK_GETTIME, 1, $ts);
  my ($seconds, $ns) = unpack 'qq', $ts;
  return $seconds + $ns / 1e9;
}

sub say_value {
  print "@" . "v4j $name.$_[0]\n";
}

sysopen(my $file, $disk, O_RDWR | O_DIRECT) or die "versions: $disk: $!\n";
my $fd = fileno $file;
my $buffers = checked('mmap', syscall(MMAP, 0, BLOCK * $depth, 3, 0x22, -1, 0));
# Perl cannot store to an address; read(2) from a pipe can.
pipe(my $out, my $in) or die "versions: pipe: $!\n";

my @acked = (0) x $blocks;
my @busy = (0) x $blocks;
my (@iocb, @block, @version, @since);

sub fill {
  my ($slot, $block, $version) = @_;
  syswrite($in, pack('VV', $first + $block + 1, $version) x (BLOCK / 8)) == BLOCK
    or die "versions: pipe: $!\n";
  syscall(READ, fileno $out, $buffers + BLOCK * $slot, BLOCK) == BLOCK
    or die "versions: pipe: $!\n";
}

sub check {
  my ($slot, $block) = @_;
  my $found = unpack 'P' . BLOCK, pack 'Q', $buffers + BLOCK * $slot;
  my $version = $acked[$block];
  my $due = $version ? pack('VV', $first + $block + 1, $version) x (BLOCK / 8) : "\0" x BLOCK;
  return if $found eq $due;
  my ($number, $other) = unpack 'VV', $found;
  die "versions: block " . ($first + $block) . " begins with version $other of block "
    . ($number - 1) . "; version $version was acknowledged\n";
}

my $context = "\0" x 8;
checked('io_setup', syscall(IO_SETUP, $depth, $context));
my $ctx = unpack 'Q', $context;
my $events = "\0" x (32 * $depth);
my $patience = pack 'qq', 40, 0;
my ($flying, $done, $ticks, $last) = (0, 0, 0, 0);
my $state = 'run';
my $next = 0;
my @free = (0 .. $depth - 1);

sub stuck {
  my %idle = map { $_ => 1 } @free;
  my @out = sort { $since[$a] <=> $since[$b] } grep { !$idle{$_} } 0 .. $depth - 1;
  die sprintf "versions: %s has %d requests out in state %s, the oldest for %.1f s, %s block %d\n",
    $name, $flying, $state, now() - $since[$out[0]], $version[$out[0]] ? 'a write of' : 'a read of',
    $first + $block[$out[0]];
}

while (1) {
  my @batch;
  while (@free && $state ne 'drain') {
    my $block;
    if ($state eq 'verify') {
      last if $next == $blocks;
      $block = $next++;
    } else {
      $block = int rand $blocks;
      $block = ($block + 1) % $blocks while $busy[$block];
    }
    my $slot = shift @free;
    my $write = $state eq 'run' && rand() < 0.75;
    $busy[$block] = 1;
    $block[$slot] = $block;
    $since[$slot] = now();
    $version[$slot] = $write ? $acked[$block] + 1 : 0;
    fill($slot, $block, $version[$slot]) if $write;
    # struct iocb of linux/aio_abi.h
    $iocb[$slot] = pack 'QLLSsLQQqQLL', $slot, 0, 0, $write ? IOCB_WRITE : IOCB_READ, 0, $fd,
      $buffers + BLOCK * $slot, BLOCK, BLOCK * ($first + $block), 0, 0, 0;
    push @batch, $slot;
  }
  if (@batch) {
    my $pointers = pack '(p)*', @iocb[@batch];
    my $taken = checked('io_submit', syscall(IO_SUBMIT, $ctx, scalar @batch, $pointers));
    $taken == @batch or die "versions: $taken of " . @batch . " requests taken\n";
    $flying += @batch;
  }
  if (!$flying) {
    last if $state eq 'verify';
    $state = 'verify';
    next;
  }
  my $got = checked('io_getevents', syscall(IO_GETEVENTS, $ctx, 1, $depth, $events, $patience));
  stuck() if !$got;
  for my $i (0 .. $got - 1) {
    my ($slot, undef, $result) = unpack 'QQq', substr($events, 32 * $i, 24);
    $result == BLOCK or die "versions: a request ended with $result\n";
    my $block = $block[$slot];
    if ($version[$slot]) {
      $acked[$block] = $version[$slot];
    } else {
      check($slot, $block);
    }
    $busy[$block] = 0;
    push @free, $slot;
  }
  $flying -= $got;
  $done += $got;
  my $now = now();
  if ($now - $last > 0.2) {
    $last = $now;
    say_value('tick.' . $ticks++ . " $done");
    $state = 'drain' if $state eq 'run' && -e '/tmp/stop';
  }
}
say_value('state ' . join ',', @acked);
