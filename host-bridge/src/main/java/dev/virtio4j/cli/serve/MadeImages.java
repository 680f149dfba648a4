package dev.virtio4j.cli.serve;

import dev.virtio4j.cli.spec.DeviceRequest;
import dev.virtio4j.device.VirtioDevice;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The images that came to be when devices were made: a start that fails is to leave none. */
final class MadeImages {
  private static final Logger LOGGER = System.getLogger(MadeImages.class.getName());

  private final List<Path> images = new ArrayList<>();

  /**
   * Makes a device.
   *
   * @param request which
   * @return the device
   * @throws dev.virtio4j.device.DeviceOptionException if it cannot be made; then no image is left
   */
  VirtioDevice create(DeviceRequest request) {
    Path missing = missingImage(request);
    VirtioDevice device = request.provider().create(request.options());
    if (missing != null) {
      images.add(missing);
    }
    return device;
  }

  /** The image that a device makes if it is to; null if it is there, or is none. */
  private static Path missingImage(DeviceRequest request) {
    if (!request.options().has("create")) {
      return null;
    }
    try {
      Path image = Path.of(request.options().path("image").asText());
      return Files.exists(image, LinkOption.NOFOLLOW_LINKS) ? null : image;
    } catch (InvalidPathException theProviderSaysSo) {
      return null;
    }
  }

  /** Removes them; their devices are closed. */
  void remove() {
    for (Path image : images) {
      try {
        Files.deleteIfExists(image);
      } catch (IOException failed) {
        LOGGER.log(Level.WARNING, () -> image + " was made and cannot be removed", failed);
      }
    }
  }
}
