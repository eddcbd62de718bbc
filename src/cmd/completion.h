/* SPDX-License-Identifier: MIT
 * What a shell completes: commands, their options, and the choices of an option. Made from the
 * tables of commands and settings by the build. */
#ifndef CMD_COMPLETION_H
#define CMD_COMPLETION_H

#include <stdio.h>

/* For bash, with the package bash-completion or without it. */
void completion_write_bash(FILE *stream);
void completion_write_zsh(FILE *stream);
void completion_write_fish(FILE *stream);

#endif
