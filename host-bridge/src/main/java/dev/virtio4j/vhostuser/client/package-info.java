/**
 * The front-end of vhost-user: the driver's side over a Unix socket, which loads and tests any
 * vhost-user back-end. What knows a device type, or draws a conclusion, lives elsewhere.
 */
package dev.virtio4j.vhostuser.client;
