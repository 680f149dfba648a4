/**
 * One front-end's session with one device: messages as they come from the socket, the guest's
 * memory, rings, logs, and what is told back. Not API.
 *
 * <p>Everything here lives on the server's control loop and never waits there; the few parts that a
 * queue's loop calls say so.
 */
package dev.virtio4j.vhostuser.session;
