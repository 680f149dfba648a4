package dev.virtio4j.blk;

/** The numbers of the block device (Virtio 1.4, 5.2), for devices, drivers and tests. */
public final class VirtioBlk {
  /** The device id. */
  public static final int DEVICE_ID = 2;

  /** VIRTIO_BLK_F_SIZE_MAX: a segment's largest size is told. */
  public static final long F_SIZE_MAX = 1L << 1;

  /** VIRTIO_BLK_F_SEG_MAX: the largest number of data segments is told. */
  public static final long F_SEG_MAX = 1L << 2;

  /** VIRTIO_BLK_F_GEOMETRY: cylinders, heads and sectors are told. */
  public static final long F_GEOMETRY = 1L << 4;

  /** VIRTIO_BLK_F_RO: the disk is read-only. */
  public static final long F_RO = 1L << 5;

  /** VIRTIO_BLK_F_BLK_SIZE: the logical block size is told. */
  public static final long F_BLK_SIZE = 1L << 6;

  /** VIRTIO_BLK_F_FLUSH: there is a flush request. */
  public static final long F_FLUSH = 1L << 9;

  /** VIRTIO_BLK_F_TOPOLOGY: the physical block size is told. */
  public static final long F_TOPOLOGY = 1L << 10;

  /** VIRTIO_BLK_F_CONFIG_WCE: the cache mode can be set. */
  public static final long F_CONFIG_WCE = 1L << 11;

  /** VIRTIO_BLK_F_MQ: there are several queues. */
  public static final long F_MQ = 1L << 12;

  /** VIRTIO_BLK_F_DISCARD: there is a discard request. */
  public static final long F_DISCARD = 1L << 13;

  /** VIRTIO_BLK_F_WRITE_ZEROES: there is a write zeroes request. */
  public static final long F_WRITE_ZEROES = 1L << 14;

  /** VIRTIO_BLK_T_IN: read. */
  public static final int T_IN = 0;

  /** VIRTIO_BLK_T_OUT: write. */
  public static final int T_OUT = 1;

  /** VIRTIO_BLK_T_FLUSH. */
  public static final int T_FLUSH = 4;

  /** VIRTIO_BLK_T_GET_ID. */
  public static final int T_GET_ID = 8;

  /** VIRTIO_BLK_T_GET_LIFETIME. */
  public static final int T_GET_LIFETIME = 10;

  /** VIRTIO_BLK_T_DISCARD. */
  public static final int T_DISCARD = 11;

  /** VIRTIO_BLK_T_WRITE_ZEROES. */
  public static final int T_WRITE_ZEROES = 13;

  /** VIRTIO_BLK_T_SECURE_ERASE. */
  public static final int T_SECURE_ERASE = 14;

  /** VIRTIO_BLK_S_OK. */
  public static final int S_OK = 0;

  /** VIRTIO_BLK_S_IOERR: device or driver error. */
  public static final int S_IOERR = 1;

  /** VIRTIO_BLK_S_UNSUPP: the device has no such request. */
  public static final int S_UNSUPP = 2;

  /** The length of a request's header: type, reserved, sector. */
  public static final int HEADER_BYTES = 16;

  /** The length of one segment of a discard or write zeroes request: sector, count, flags. */
  public static final int RANGE_BYTES = 16;

  /** The flag unmap of such a segment; the others are reserved. */
  public static final int RANGE_UNMAP = 1;

  /** The length of the device id string, NUL-padded. */
  public static final int ID_BYTES = 20;

  /** The unit of sectors and capacity, in bytes. */
  public static final int SECTOR = 512;

  /** Where configuration space has {@code le64 capacity}, in sectors. */
  public static final int CONFIG_CAPACITY = 0;

  /** Where configuration space has {@code le32 size_max}. */
  public static final int CONFIG_SIZE_MAX = 8;

  /** Where configuration space has {@code le32 seg_max}. */
  public static final int CONFIG_SEG_MAX = 12;

  /** Where configuration space has {@code le16 cylinders, u8 heads, u8 sectors}. */
  public static final int CONFIG_GEOMETRY = 16;

  /** Where configuration space has {@code le32 blk_size}. */
  public static final int CONFIG_BLK_SIZE = 20;

  /** Where configuration space has {@code u8 physical_block_exp}. */
  public static final int CONFIG_PHYSICAL_BLOCK_EXP = 24;

  /** Where configuration space has {@code u8 alignment_offset}. */
  public static final int CONFIG_ALIGNMENT_OFFSET = 25;

  /** Where configuration space has {@code le16 min_io_size}, in logical blocks. */
  public static final int CONFIG_MIN_IO_SIZE = 26;

  /** Where configuration space has {@code le32 opt_io_size}, in logical blocks. */
  public static final int CONFIG_OPT_IO_SIZE = 28;

  /** Where configuration space has {@code u8 writeback}: the only field that drivers write. */
  public static final int CONFIG_WRITEBACK = 32;

  /** Where configuration space has {@code le16 num_queues}. */
  public static final int CONFIG_NUM_QUEUES = 34;

  /** Where configuration space has {@code le32 max_discard_sectors}. */
  public static final int CONFIG_MAX_DISCARD_SECTORS = 36;

  /** Where configuration space has {@code le32 max_discard_seg}. */
  public static final int CONFIG_MAX_DISCARD_SEG = 40;

  /** Where configuration space has {@code le32 discard_sector_alignment}. */
  public static final int CONFIG_DISCARD_SECTOR_ALIGNMENT = 44;

  /** Where configuration space has {@code le32 max_write_zeroes_sectors}. */
  public static final int CONFIG_MAX_WRITE_ZEROES_SECTORS = 48;

  /** Where configuration space has {@code le32 max_write_zeroes_seg}. */
  public static final int CONFIG_MAX_WRITE_ZEROES_SEG = 52;

  /** Where configuration space has {@code u8 write_zeroes_may_unmap}. */
  public static final int CONFIG_WRITE_ZEROES_MAY_UNMAP = 56;

  /** The length of {@code struct virtio_blk_config}, the zoned part included. */
  public static final int CONFIG_BYTES = 96;

  private VirtioBlk() {}
}
