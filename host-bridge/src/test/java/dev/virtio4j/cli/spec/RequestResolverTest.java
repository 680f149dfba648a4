package dev.virtio4j.cli.spec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestResolverTest {
  private static final String NAME_TOO_LONG = "n".repeat(65);

  private final List<String> problems = new ArrayList<>();

  @Test
  void takesTheTransportsKeysAndLeavesTheDevices() {
    List<DeviceRequest> requests =
        resolve("blk,socket=/run/a.sock,image=d.img,inband=on,loop=fast,name=root,queues=2");
    assertThat(problems).isEmpty();
    DeviceRequest request = requests.get(0);
    assertThat(request.name()).isEqualTo("root");
    assertThat(request.socket()).isEqualTo(Path.of("/run/a.sock"));
    assertThat(request.descriptor()).isEqualTo(-1);
    assertThat(request.inband()).isTrue();
    assertThat(request.loop()).isEqualTo("fast");
    assertThat(request.options()).hasToString("{\"image\":\"d.img\",\"queues\":\"2\"}");
  }

  @Test
  void devicesWithoutNamesAreNumberedAroundThoseWithNames() {
    List<DeviceRequest> requests =
        resolve("blk,socket=a,image=a,name=blk0", "blk,socket=b,image=b", "blk,socket=c,image=c");
    assertThat(problems).isEmpty();
    assertThat(requests).extracting(DeviceRequest::name).containsExactly("blk0", "blk1", "blk2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "bkl,socket=a,image=i          | unknown device 'bkl'; did you mean 'blk'?; there is blk",
        "blk,socket=a,image=i,queue=4  | unknown key 'queue'; did you mean 'queues'?; blk takes image, queues, serial, socket, fd, inband, loop, name",
        "blk,socket=a,image=i,xyzzy=4  | unknown key 'xyzzy'; blk takes image",
        "blk,socket=a                  | 'image' is missing; write image=PATH (the disk image)",
        "blk,image=i                   | says not where to listen; write socket=PATH, or fd=N",
        "blk,socket=a,fd=4,image=i     | has both 'socket' and 'fd'",
        "blk,fd=2,image=i              | 'fd' is the number of a listening socket, 3 or more",
        "blk,fd=root,image=i           | not 'root'",
        "blk,fd=-1,image=i             | not '-1'",
        "blk,fd=99999999999,image=i    | not '99999999999'",
        "blk,socket=a,image=i,inband=yes | 'inband' is on or off, not 'yes'",
        "blk,socket=a,image=i,name=a/b | 'name' is letters, digits",
        "blk,socket=a,image=i,loop=a b | 'loop' is letters, digits",
      })
  void whatIsWrongIsOneErrorThatQuotesTheSpec(String spec, String problem) {
    assertThat(resolve(spec)).isEmpty();
    assertThat(problems).hasSize(1);
    assertThat(problems.get(0)).startsWith("'" + spec + "': ").contains(problem);
  }

  @Test
  void namesSocketsAndDescriptorsAreUsedOnce() {
    resolve(
        "blk,socket=a,image=i,name=n",
        "blk,socket=./a,image=i,name=n",
        "blk,fd=5,image=i",
        "blk,fd=5,image=i",
        "blk,socket=" + "p".repeat(108) + ",image=i",
        "blk,socket=q,image=i,name=" + NAME_TOO_LONG);
    assertThat(problems)
        .anyMatch(line -> line.contains("fd 5 is taken already"))
        .anyMatch(line -> line.contains("another device has the name 'n'"))
        .anyMatch(line -> line.contains("another device listens on ./a"))
        .anyMatch(line -> line.contains("is longer than 107 bytes"))
        .anyMatch(line -> line.contains("64 at most"))
        .hasSize(5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"socket\": 5                    | c.json:2:14: $.devices[0].socket: must be a string, not 5",
        "\"fd\": [3]                      | c.json:2:10: $.devices[0].fd: must be a number or a name, not [3]",
        "\"socket\": \"a\", \"inband\": 1 | c.json:2:29: $.devices[0].inband: must be true or false, not 1",
        "\"socket\": \"a\", \"queue\": 1  | c.json:2:28: $.devices[0].queue: unknown key 'queue'",
      })
  void aConfigurationsErrorsNameFileLineColumnAndPath(String keys, String problem) {
    List<DeviceDraft> drafts =
        ConfigFile.parse(
                "c.json",
                ("{\"devices\": [{\"device\": \"blk\", \"image\": \"i\",\n   " + keys + "}]}")
                    .getBytes(UTF_8),
                problems)
            .devices();
    assertThat(resolver(Map.of()).resolve(drafts)).isEmpty();
    assertThat(problems).hasSize(1);
    assertThat(problems.get(0)).startsWith(problem);
  }

  @Test
  void anActivatedSocketIsTakenByNameOrInTheirOrder() {
    Map<String, String> environment =
        Map.of("LISTEN_PID", "77", "LISTEN_FDS", "3", "LISTEN_FDNAMES", "a:b:c");
    List<DeviceRequest> requests =
        resolver(environment).resolve(drafts("blk,image=x", "blk,image=y,fd=a", "blk,image=z"));
    assertThat(problems).isEmpty();
    assertThat(requests).extracting(DeviceRequest::descriptor).containsExactly(4, 3, 5);
  }

  @Test
  void socketsThatWereHandedToAnotherProcessAreNotTaken() {
    resolver(Map.of("LISTEN_PID", "78", "LISTEN_FDS", "3")).resolve(drafts("blk,image=x"));
    assertThat(problems).hasSize(1);
    assertThat(problems.get(0)).contains("says not where to listen");
  }

  private List<DeviceRequest> resolve(String... specs) {
    return resolver(Map.of()).resolve(drafts(specs));
  }

  private RequestResolver resolver(Map<String, String> environment) {
    return new RequestResolver(
        Map.of("blk", new StubProvider()), SocketActivation.of(environment, 77), problems);
  }

  private List<DeviceDraft> drafts(String... specs) {
    List<DeviceDraft> drafts = new ArrayList<>();
    for (String spec : specs) {
      drafts.add(SpecParser.parse(spec, problems));
    }
    return drafts;
  }
}
