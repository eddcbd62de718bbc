/* SPDX-License-Identifier: MIT
 * Manual pages in roff (man(7)), and a sample of the INI file, made from the tables of commands and
 * settings. The build writes them; `callstep help` shows the same. */
#ifndef CMD_MANUAL_H
#define CMD_MANUAL_H

#include <stdio.h>

#include "cmd/cmd.h"

/* callstep(1): what there is. */
void manual_write_program(FILE *stream);

/* In which section the page of a command is: callstep-NAME(1), callstep-serve(8). */
int manual_section(const struct cmd *cmd);
void manual_write_command(FILE *stream, const struct cmd *cmd);

/* callstep.ini(5). */
void manual_write_settings(FILE *stream);

/* An INI file in which each setting of the server stands with its help, as a comment. Only the
 * store is set, to that of callstep.service, so that commands find it, too. */
void manual_write_sample(FILE *stream);

#endif
