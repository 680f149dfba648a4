package dev.virtio4j.blk;

/** Kinds of requests, as they are counted. */
enum BlockOp {
  READ("read"),
  WRITE("write"),
  FLUSH("flush"),
  GET_ID("get_id"),
  DISCARD("discard"),
  WRITE_ZEROES("write_zeroes"),
  OTHER("other");

  final String label;

  BlockOp(String label) {
    this.label = label;
  }
}
