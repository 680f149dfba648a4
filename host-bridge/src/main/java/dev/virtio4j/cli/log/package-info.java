/**
 * The command line's logging: System.Logger lines are queued, and a thread of their own hands them
 * to logback, which is loaded at the first one. So a start without a line pays nothing for it, and
 * a loop never waits for standard error.
 */
package dev.virtio4j.cli.log;
