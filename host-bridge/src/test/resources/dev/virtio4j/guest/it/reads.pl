#!/bin/perl
# Has a disk write memory that nobody else writes, and looks at it a good while later:
#   reads NAME DISK FIRST CHUNKS
# Chunks are 64 KiB, from block FIRST (4 KiB) of the disk on, and have all been written before. Each
# round reads every chunk into another part of the memory, after checking what the last round read
# there. Reports "NAME.tick.N CHUNKS" about five times a second; ends when /tmp/stop is there.
use strict;

sub MMAP() { 9 }
sub PREAD() { 17 }
sub CLOCK_GETTIME() { 228 }
sub O_RDONLY() { 0 }
sub O_DIRECT() { 040000 }
sub BLOCK() { 4096 }
sub CHUNK() { 65536 }

my ($name, $disk, $first, $chunks) = @ARGV;
$| = 1;

sub now {
  my $ts = "\0" x 16;
  syscall(CLOCK_GETTIME, 1, $ts);
  my ($seconds, $ns) = unpack 'qq', $ts;
  return $seconds + $ns / 1e9;
}

sysopen(my $file, $disk, O_RDONLY | O_DIRECT) or die "reads: $disk: $!\n";
my $memory = syscall(MMAP, 0, CHUNK * $chunks, 3, 0x22, -1, 0);
die "reads: mmap: $!\n" if $memory < 0;

my @due;
for my $chunk (0 .. $chunks - 1) {
  my $start = $first + $chunk * (CHUNK / BLOCK);
  $due[$chunk] = join '', map { pack('VV', $_ + 1, 1) x (BLOCK / 8) } $start .. $start + 15;
}

my @held;
my ($done, $ticks, $last) = (0, 0, 0);

sub check {
  my $part = shift;
  return unless defined $held[$part];
  my $found = unpack 'P' . CHUNK, pack 'Q', $memory + CHUNK * $part;
  return if $found eq $due[$held[$part]];
  my ($number, $version) = unpack 'VV', $found;
  die "reads: chunk $held[$part] was read into part $part, which begins with block "
    . ($number - 1) . "\n";
}

for (my $round = 0; !-e '/tmp/stop'; $round++) {
  for my $part (0 .. $chunks - 1) {
    check($part);
    my $chunk = ($part + $round) % $chunks;
    my $got = syscall(PREAD, fileno $file, $memory + CHUNK * $part, CHUNK,
      BLOCK * $first + CHUNK * $chunk);
    $got == CHUNK or die "reads: $got bytes: $!\n";
    $held[$part] = $chunk;
    $done++;
    my $now = now();
    if ($now - $last > 0.2) {
      $last = $now;
      print "@" . "v4j $name.tick." . $ticks++ . " $done\n";
    }
  }
}
check($_) for 0 .. $chunks - 1;
