/**
 * The operating system, as bare as it is: system calls, their numbers and structures, bound with
 * JNA. The only package of this module that calls native code. Not API: other modules of this
 * project see it, nobody else.
 */
package dev.virtio4j.posix;
