package dev.virtio4j.cli.serve;

import dev.virtio4j.cli.command.TextTable;
import dev.virtio4j.device.VirtioDeviceProvider;
import java.util.Collection;

/** The keys of each device type, for {@code virtio serve --help-devices}. */
final class DeviceHelp {
  private DeviceHelp() {}

  static String render(Collection<VirtioDeviceProvider> providers) {
    StringBuilder text = new StringBuilder();
    for (VirtioDeviceProvider provider : providers) {
      text.append(provider.name()).append('\n');
      TextTable table = new TextTable("ll");
      for (VirtioDeviceProvider.Option option : provider.options()) {
        table.row(
            option.key() + "=" + option.value(),
            option.meaning() + (option.required() ? " (required)" : ""));
      }
      text.append(table.render("  "));
    }
    return text.toString();
  }
}
