// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecRequest;
import dev.banger.guest.ExecStreams;
import dev.banger.guest.GuestService;
import dev.banger.guest.TerminalSize;
import dev.banger.hostservice.JacksonJson;
import dev.banger.image.ImageService;
import dev.banger.kernel.KernelService;
import dev.banger.operation.Operation;
import dev.banger.vm.CreateVm;
import dev.banger.vm.NetworkMode;
import dev.banger.vm.PublishPort;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class MethodsTest {
  @TempDir Path directory;
  private final Services services = new Services(Duration.ofMillis(50));
  private final List<String> calls = new ArrayList<>();
  private RpcServer server;
  private Path socket;

  @BeforeEach
  void start() throws Exception {
    socket = directory.resolve("bangerd.sock");
    services.vms = recording(VmService.class);
    services.images = recording(ImageService.class);
    services.kernels = recording(KernelService.class);
    services.guests = recording(GuestService.class);
    server =
        new RpcServer(socket, channel -> true, services, new Operations(), new JacksonJson(), "1");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** A service that notes how it is called, and copies a command's input to its output. */
  private <T> T recording(Class<T> service) {
    return service.cast(
        Proxy.newProxyInstance(
            service.getClassLoader(),
            new Class<?>[] {service},
            (proxy, method, arguments) -> {
              Object[] given = arguments == null ? new Object[0] : arguments;
              List<Object> noted = Arrays.stream(given).filter(MethodsTest::isData).toList();
              calls.add(method.getName() + noted);
              for (Object argument : given) {
                if (argument instanceof ExecStreams streams) {
                  streams.stderr().write("oops".getBytes(StandardCharsets.UTF_8));
                  streams.stdin().transferTo(streams.stdout());
                } else if (argument instanceof InputStream in) {
                  calls.add(new String(in.readAllBytes(), StandardCharsets.UTF_8));
                } else if (argument instanceof OutputStream out) {
                  out.write("tar".getBytes(StandardCharsets.UTF_8));
                }
              }
              if (method.getReturnType() == int.class) {
                return 5;
              }
              return method.getReturnType() == List.class ? List.of() : null;
            }));
  }

  private static boolean isData(Object argument) {
    return !(argument instanceof Operation
        || argument instanceof ExecStreams
        || argument instanceof InputStream
        || argument instanceof OutputStream);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vm.list | {} | list[]",
        "vm.show | {'reference':'a'} | find[a]",
        "vm.statistics | {'reference':'a'} | statistics[a]",
        "vm.start | {'reference':'a'} | start[a]",
        "vm.stop | {'reference':'a'} | stop[a, PT10S]",
        "vm.stop | {'reference':'a','grace_seconds':0} | stop[a, PT0S]",
        "vm.restart | {'reference':'a','grace_seconds':3} | restart[a, PT3S]",
        "vm.kill | {'reference':'a'} | kill[a, KILL]",
        "vm.kill | {'reference':'a','signal':'TERM'} | kill[a, TERM]",
        "vm.delete | {'reference':'a'} | delete[a]",
        "vm.abandon | {'reference':'a'} | abandon[a]",
        "vm.set | {'reference':'a','vcpus':2,'labels':{'k':'v'},'removed_labels':['l'],'time_to_live':'PT1H','idle_stop':'PT0S','added_ports':[{'guest_port':80},{'host_address':'0.0.0.0','host_port':443,'guest_port':443}],'removed_ports':[8080]}"
            + " | set[a, ChangeVm[vcpus=2, memoryMib=null, diskBytes=null, workDiskBytes=null, labels={k=v}, removedLabels=[l], timeToLive=PT1H, idleStop=PT0S, addedPorts=[PublishPort[hostAddress=null, hostPort=null, guestPort=80], PublishPort[hostAddress=0.0.0.0, hostPort=443, guestPort=443]], removedPorts=[8080]]]",
        "vm.set | {'reference':'a','memory_mib':512,'disk_bytes':1,'work_disk_bytes':2}"
            + " | set[a, ChangeVm[vcpus=null, memoryMib=512, diskBytes=1, workDiskBytes=2, labels={}, removedLabels=[], timeToLive=null, idleStop=null, addedPorts=[], removedPorts=[]]]",
        "vm.rename | {'reference':'a','name':'b'} | rename[a, b]",
        "vm.touch | {'reference':'a'} | touch[a]",
        "vm.reset | {'reference':'a'} | reset[a]",
        "vm.prune | {} | prune[PruneVms[unused=null, labels={}, dryRun=false]]",
        "vm.prune | {'unused':'PT48H','labels':{'k':'v'},'dry_run':true} | prune[PruneVms[unused=PT48H, labels={k=v}, dryRun=true]]",
        "vm.ping | {'reference':'a'} | ping[a]",
        "vm.listeners | {'reference':'a'} | listeners[a]",
        "vm.ssh_command | {'reference':'a'} | sshCommand[a, []]",
        "vm.ssh_command | {'reference':'a','arguments':['-v']} | sshCommand[a, [-v]]",
        "vm.get | {'reference':'a','paths':['/x']} | get[a, [/x]]",
        "image.list | {} | list[]",
        "image.catalog | {} | catalog[]",
        "image.show | {'reference':'i'} | find[i]",
        "image.pull | {'source':'i'} | pull[PullImage[source=i, name=null, kernel=null, sizeBytes=null, insecure=false, sha256=null]]",
        "image.import | {'path':'/f','name':'i'} | importImage[ImportImage[path=/f, name=i, kernel=null, sizeBytes=null]]",
        "image.make_bundle | {'reference':'i','directory':'/d'} | makeBundle[i, /d]",
        "image.register | {'name':'i','rootfs':'/r'} | register[RegisterImage[name=i, rootfs=/r, kernel=null]]",
        "image.promote | {'reference':'i'} | promote[i]",
        "image.refresh_seed | {'reference':'i'} | refreshSeed[i]",
        "image.rename | {'reference':'i','name':'n'} | rename[i, n]",
        "image.cache | {} | cache[]",
        "image.cache_prune | {'unused_seconds':60,'dry_run':true} | pruneCache[PT1M, true]",
        "image.cache_prune | {} | pruneCache[PT0S, false]",
        "image.delete | {'reference':'i'} | delete[i]",
        "kernel.list | {} | list[]",
        "kernel.catalog | {} | catalog[]",
        "kernel.show | {'name':'k'} | find[k]",
        "kernel.pull | {'name':'k'} | pull[k, false]",
        "kernel.pull | {'name':'k','replace':true} | pull[k, true]",
        "kernel.pull_bundle | {'source':'/b','sha256':'00'} | pullBundle[PullKernelBundle[source=/b, sha256=00, name=null, replace=false]]",
        "kernel.import | {'name':'k','directory':'/d','replace':true} | importKernel[ImportKernel[name=k, directory=/d, vmlinuz=null, modules=null, release=null, acpi=null, replace=true]]",
        "kernel.build | {'name':'k','suite':'bookworm','jobs':2} | build[BuildKernel[name=k, suite=bookworm, configuration=null, jobs=2, replace=false]]",
        "kernel.make_bundle | {'name':'k','directory':'/d'} | makeBundle[k, /d]",
        "kernel.delete | {'name':'k'} | delete[k]",
      })
  void passes_a_request_to_its_service(String method, String parameters, String call)
      throws Exception {
    TestClient.call(socket, method, parameters.replace('\'', '"')).result();
    assertThat(calls).containsExactly(call);
  }

  @Test
  void passes_what_a_new_machine_should_be() throws Exception {
    String parameters =
        "{\"name\":\"n\",\"image\":\"i\",\"vcpus\":2,\"memory_mib\":512,"
            + "\"disk_bytes\":1073741824,\"work_disk_bytes\":0,\"network\":\"user\","
            + "\"labels\":{\"a\":\"b\"},\"time_to_live\":\"PT1H\","
            + "\"ports\":[{\"host_port\":8080,\"guest_port\":80}]}";
    TestClient.call(socket, "vm.create", parameters).result();
    TestClient.call(socket, "vm.size", "{}").result();
    assertThat(calls)
        .containsExactly(
            "create["
                + CreateVm.builder()
                    .name("n")
                    .image("i")
                    .vcpus(2)
                    .memoryMib(512L)
                    .diskBytes(1L << 30)
                    .workDiskBytes(0L)
                    .network(NetworkMode.USER)
                    .labels(Map.of("a", "b"))
                    .timeToLive(Duration.ofHours(1))
                    .ports(List.of(new PublishPort(null, 8080, 80)))
                    .build()
                + "]",
            "size[" + CreateVm.builder().build() + "]");
  }

  @Test
  void starts_what_it_created_when_it_should_and_tells_that_it_is_kept() throws Exception {
    services.vms = creating(null);
    assertThat(TestClient.call(socket, "vm.create", "{}").result().toString()).contains("web");
    assertThat(calls).containsExactly("create");
    calls.clear();
    assertThat(TestClient.call(socket, "vm.create", "{\"start\":true}").result().toString())
        .contains("web");
    assertThat(calls).containsExactly("create", "start");
    services.vms = creating(new BangerException(ErrorCode.HOST_UNFIT, "no qemu"));
    TestClient.Answer failed = TestClient.call(socket, "vm.create", "{\"start\":true}");
    assertThat(failed.error()).isEqualTo("host_unfit");
    assertThat(failed.message()).isEqualTo("no qemu; the VM 'web' is kept");
  }

  private VmService creating(BangerException startFailure) {
    Vm web = new JacksonJson().read("{\"id\":\"1111aaaa0000\",\"name\":\"web\"}", Vm.class);
    return (VmService)
        Proxy.newProxyInstance(
            VmService.class.getClassLoader(),
            new Class<?>[] {VmService.class},
            (proxy, method, arguments) -> {
              calls.add(method.getName());
              if (method.getName().equals("start") && startFailure != null) {
                throw startFailure;
              }
              return web;
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"vm.create", "vm.prune"})
  void refuses_a_label_without_a_value(String method) throws Exception {
    TestClient.Answer answer = TestClient.call(socket, method, "{\"labels\":{\"k\":null}}");
    assertThat(answer.error()).isEqualTo("bad_request");
    assertThat(answer.message()).contains("field 'labels' must hold strings");
    assertThat(calls).isEmpty();
  }

  @Test
  void connects_a_command_of_a_guest_with_the_client() throws Exception {
    try (TestClient client = new TestClient(socket)) {
      client.request(
          "vm.exec",
          "{\"reference\":\"a\",\"argv\":[\"cat\"],\"environment\":{\"A\":\"b\"},"
              + "\"directory\":\"/d\",\"user\":\"u\",\"terminal\":{\"rows\":1,\"columns\":2}}");
      client.await(MessageType.WINDOW);
      client.send(MessageType.STDIN, "hello");
      client.send(MessageType.STDIN, "");
      TestClient.Answer answer = client.answer();
      assertThat(answer.result()).isEqualTo(Map.of("exit_status", 5));
      assertThat(answer.output(MessageType.STDOUT)).isEqualTo("hello");
    }
    ExecRequest request =
        new ExecRequest(List.of("cat"), Map.of("A", "b"), "/d", "u", new TerminalSize(1, 2));
    assertThat(calls).containsExactly("exec[a, " + request + "]");
  }

  @Test
  void connects_a_tar_stream_with_the_client() throws Exception {
    assertThat(
            TestClient.call(socket, "vm.get", "{\"reference\":\"a\",\"paths\":[\"/x\"]}")
                .output(MessageType.STDOUT))
        .isEqualTo("tar");
    calls.clear();
    try (TestClient client = new TestClient(socket)) {
      client.request("vm.put", "{\"reference\":\"a\",\"directory\":\"/d\"}");
      client.await(MessageType.WINDOW);
      client.send(MessageType.STDIN, "archive");
      client.send(MessageType.STDIN, "");
      client.answer().result();
    }
    assertThat(calls).containsExactly("put[a, /d]", "archive");
  }

  @Test
  void examines_with_every_check() throws Exception {
    services.checks = List.of(new JavaPlatformCheck(17, "17", "amd64"));
    assertThat(TestClient.call(socket, "doctor.examine", "{}").result())
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
        .hasSize(2);
  }
}
