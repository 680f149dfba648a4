/**
 * What every subcommand is made of: its base class, its surroundings, exit codes, errors of the
 * user, tables. Knows no subcommand.
 */
package dev.virtio4j.cli.command;
