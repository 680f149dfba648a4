package dev.virtio4j.cli.log;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

/** Has Netty log through System.Logger; else it would load logback at its first class. */
public final class NettyLogging extends InternalLoggerFactory {
  private NettyLogging() {}

  /** Installs it. To be called before Netty's first class is used. */
  public static void install() {
    InternalLoggerFactory.setDefaultFactory(new NettyLogging());
  }

  @Override
  protected InternalLogger newInstance(String name) {
    return new NettyLogger(name);
  }
}
