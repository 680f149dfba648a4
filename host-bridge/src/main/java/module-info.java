/** The ways in: vhost-user server and client, vCPU loops, and the command line. */
module dev.virtio4j.bridge {
  requires transitive dev.virtio4j.core;
  requires dev.virtio4j.blk;
  requires dev.virtio4j.net;
  requires dev.virtio4j.console;
  requires dev.virtio4j.gpu;
  requires HdrHistogram;
  requires io.netty.common;
  requires static info.picocli;
  requires static ch.qos.logback.classic;
  requires static ch.qos.logback.core;
  requires static org.slf4j;
  requires com.sun.jna;
  requires io.netty.buffer;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.unix.common;
  requires io.netty.codec.http;
  requires org.apache.commons.io;

  uses dev.virtio4j.device.VirtioDeviceProvider;

  exports dev.virtio4j.cli;
  exports dev.virtio4j.vhostuser.client;
  exports dev.virtio4j.vhostuser.protocol;
  exports dev.virtio4j.netty;
  exports dev.virtio4j.vhostuser;
}
