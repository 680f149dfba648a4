/**
 * Boots Linux guests on this project's own devices over vhost-user, and kills what can be killed.
 */
package dev.virtio4j.guest.it;
