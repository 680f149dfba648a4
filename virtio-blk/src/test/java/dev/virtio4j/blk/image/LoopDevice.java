package dev.virtio4j.blk.image;

import dev.virtio4j.testing.HostNeeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A block device of the host whose storage is a file. */
final class LoopDevice implements AutoCloseable {
  private static final String LACK =
      "Block devices are made by root, on kernels with loop devices, which neither a developer's"
          + " account nor most CI containers have: ";

  final Path device;

  private LoopDevice(Path device) {
    this.device = device;
  }

  /** Makes one, or skips the test where the host cannot. */
  static LoopDevice over(Path file) throws IOException {
    Path control = Path.of("/dev/loop-control");
    HostNeeds.ifThereIs(Files.isWritable(control), LACK + control + " cannot be written.");
    Run made = losetup("--find", "--show", file.toString());
    HostNeeds.ifThereIs(made.status == 0, LACK + made.output);
    return new LoopDevice(Path.of(made.output.strip()));
  }

  /** Takes over the file's length. */
  void resized() throws IOException {
    Run run = losetup("--set-capacity", device.toString());
    if (run.status != 0) {
      throw new IOException(run.output);
    }
  }

  private record Run(int status, String output) {}

  private static Run losetup(String... arguments) throws IOException {
    String[] command = new String[arguments.length + 1];
    command[0] = HostNeeds.program("losetup").toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      return new Run(process.waitFor(), output);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    Run run = losetup("--detach", device.toString());
    if (run.status != 0) {
      throw new IOException(run.output);
    }
  }
}
