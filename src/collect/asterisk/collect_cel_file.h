/* SPDX-License-Identifier: MIT
 * callstep collect cel-file: calls of an exchange by the channel event log that it writes. */
#ifndef COLLECT_COLLECT_CEL_FILE_H
#define COLLECT_COLLECT_CEL_FILE_H

#include "collect/asterisk/collector.h"

struct collect_cel_file_options {
	struct collector_options collector;
	const char *path;
	const char *columns; /* a cel_custom.conf; NULL: told by the file */
	bool local_times;    /* as cel_file_options has it */
};

/* Works until a signal, or with `once` until the end of the file. Returns as collector_run(). */
int collect_cel_file(
	const struct collect_cel_file_options *options, struct error *err) CHECK_RESULT;

#endif
