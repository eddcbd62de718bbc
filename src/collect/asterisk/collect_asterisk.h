/* SPDX-License-Identifier: MIT
 * callstep collect asterisk: calls of an exchange by its manager interface, while they go on. */
#ifndef COLLECT_COLLECT_ASTERISK_H
#define COLLECT_COLLECT_ASTERISK_H

#include "collect/asterisk/collector.h"
#include "collect/asterisk/connection.h"

struct collect_asterisk_options {
	struct collector_options collector;
	struct connection_options connection;
	struct text user, secret;
	bool plain;	       /* the log-in sends the secret as it is */
	const char *variables; /* as ami_rows_options has them */
};

/* Works until a signal. Returns as collector_run(). */
int collect_asterisk(
	const struct collect_asterisk_options *options, struct error *err) CHECK_RESULT;

#endif
