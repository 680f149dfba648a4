package dev.virtio4j.bench.compare;

import java.nio.file.Path;
import java.util.List;

/** The command lines of the two back-ends. */
final class BackEndCommands {
  private BackEndCommands() {}

  static List<String> ours(
      Path virtio, Path socket, Path image, boolean direct, List<String> more) {
    StringBuilder spec = new StringBuilder("blk,socket=").append(socket);
    spec.append(",image=").append(image).append(",queues=1");
    if (direct) {
      spec.append(",direct=on");
    }
    more.forEach(part -> spec.append(',').append(part));
    return List.of(virtio.toString(), "serve", spec.toString());
  }

  static List<String> theirs(Path storageDaemon, Path socket, Path image, boolean direct) {
    String cache = direct ? ",cache.direct=on" : "";
    return List.of(
        storageDaemon.toString(),
        "--blockdev",
        "driver=file,node-name=file,aio=io_uring,filename=" + image + cache,
        "--blockdev",
        "driver=raw,node-name=disk,file=file" + cache,
        "--object",
        "iothread,id=thread",
        "--export",
        "type=vhost-user-blk,id=export,node-name=disk,writable=on,num-queues=1,iothread=thread,"
            + "addr.type=unix,addr.path="
            + socket);
  }
}
