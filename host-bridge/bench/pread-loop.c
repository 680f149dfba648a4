// The limit that a block back-end on one thread can be held against: random reads of one file by
// pread, one after the other.
//
//   pread-loop FILE BLOCK_SIZE SECONDS
//
// Prints one number: reads a second.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: pread-loop FILE BLOCK_SIZE SECONDS\n");
    return 2;
  }
  size_t block = strtoul(argv[2], NULL, 10);
  double seconds = strtod(argv[3], NULL);
  int file = open(argv[1], O_RDONLY | O_CLOEXEC);
  off_t size = file < 0 ? -1 : lseek(file, 0, SEEK_END);
  void *buffer = NULL;
  if (size < 0 || block == 0 || (size_t)size < block || posix_memalign(&buffer, 4096, block)) {
    fprintf(stderr, "pread-loop: %s: %s\n", argv[1], errno ? strerror(errno) : "too small");
    return 1;
  }
  uint64_t blocks = (uint64_t)size / block, random = 88172645463325252u, done = 0;
  double start = now(), end;
  do {
    // The clock is read once in so many, so that it costs nothing.
    for (int i = 0; i < 256; i++) {
      random ^= random << 13;
      random ^= random >> 7;
      random ^= random << 17;
      if (pread(file, buffer, block, (off_t)(random % blocks * block)) != (ssize_t)block) {
        fprintf(stderr, "pread-loop: %s: %s\n", argv[1], errno ? strerror(errno) : "short read");
        return 1;
      }
    }
    done += 256;
    end = now();
  } while (end - start < seconds);
  printf("%.0f\n", (double)done / (end - start));
  return 0;
}
