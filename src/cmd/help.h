/* SPDX-License-Identifier: MIT
 * Help, made from the tables of commands and settings. */
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include <stdio.h>

#include "cmd/cmd.h"

/* What the program is, and its commands. */
void help_write(FILE *stream);

/* One command: its usage, what it does, its options. */
void help_write_command(FILE *stream, const struct cmd *cmd);

#endif
