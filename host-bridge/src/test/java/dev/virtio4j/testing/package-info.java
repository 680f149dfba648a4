/** What tests share: what they require of their host. */
package dev.virtio4j.testing;
