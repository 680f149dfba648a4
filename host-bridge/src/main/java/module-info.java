/** The ways in: vhost-user server and client, vCPU loops, and the command line. */
module dev.virtio4j.bridge {
  requires transitive dev.virtio4j.core;
  requires dev.virtio4j.blk;
  requires dev.virtio4j.net;
  requires dev.virtio4j.console;
  requires dev.virtio4j.gpu;
  requires info.picocli;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires io.netty.codec.http;
  requires org.apache.commons.io;

  exports dev.virtio4j.cli;
}
