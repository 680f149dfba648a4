/** What tests share: what they require of their host, and peers that serve or load a device. */
package dev.virtio4j.testing;
