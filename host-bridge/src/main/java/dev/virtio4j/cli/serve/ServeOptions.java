package dev.virtio4j.cli.serve;

import java.net.SocketAddress;
import java.nio.file.Path;

/**
 * How a server is to run.
 *
 * @param loops how many loops; 0 for the smaller of cores and queues
 * @param pollMicros how long a loop looks on before it sleeps; negative for the default
 * @param metrics where Prometheus reads; null for nowhere
 * @param control the control socket that the user asked for; null for none
 */
record ServeOptions(int loops, int pollMicros, SocketAddress metrics, Path control) {}
