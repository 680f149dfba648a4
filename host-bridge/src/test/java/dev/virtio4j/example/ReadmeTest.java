package dev.virtio4j.example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtio4j.blk.BlockDeviceProvider;
import dev.virtio4j.cli.spec.ConfigFile;
import dev.virtio4j.cli.spec.RequestResolver;
import dev.virtio4j.cli.spec.ServeConfig;
import dev.virtio4j.cli.spec.SocketActivation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows is understood. */
class ReadmeTest {
  private static final Path README = Path.of("../README.md");

  @Test
  void theConfigurationHasNoProblem(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("devices.json"), block("json"), UTF_8);
    List<String> problems = new ArrayList<>();
    ServeConfig config = ConfigFile.read(file, problems);
    assertThat(resolve(config, problems, Map.of())).hasSize(2);
    assertThat(problems).isEmpty();
    assertThat(config.metrics().text()).isEqualTo("127.0.0.1:9100");
  }

  @Test
  void theRepositorysVersionIsNamed() throws IOException {
    Matcher version =
        Pattern.compile("<version>([^<]+)</version>")
            .matcher(Files.readString(Path.of("../pom.xml")));
    assertThat(version.find()).isTrue();
    assertThat(block("xml", "<dependency>"))
        .contains("<version>" + version.group(1) + "</version>");
  }

  private static List<?> resolve(
      ServeConfig config, List<String> problems, Map<String, String> environment) {
    return new RequestResolver(
            Map.of("blk", new BlockDeviceProvider()), SocketActivation.of(environment, 1), problems)
        .resolve(config.devices());
  }

  private static String block(String language) throws IOException {
    return block(language, "");
  }

  /** The first block of a language that begins with a text. */
  private static String block(String language, String beginning) throws IOException {
    Matcher block =
        Pattern.compile("```" + language + "\n(" + beginning + ".*?)```", Pattern.DOTALL)
            .matcher(Files.readString(README));
    assertThat(block.find()).as("a block of %s", language).isTrue();
    return block.group(1);
  }
}
