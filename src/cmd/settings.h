/* SPDX-License-Identifier: MIT
 * Settings: one table row is a setting, its default, its limits and its documentation. Flag, then CALLSTEP_… in the environment,
 * then the INI file, then the default (DESIGN §7). `--help` and the man pages are made from the same rows. */
#ifndef CMD_SETTINGS_H
#define CMD_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* Every setting and option of every command. Strings live in the arena, or are static. */
struct settings {
	/* common */
	const char *config; /* --config FILE: the INI file */
	const char *data;   /* --data DIR or --store URL: location for store_open() */
	bool help;
	bool utc;  /* --utc: times in UTC instead of the local zone */
	bool json; /* --json: machine-readable */
	/* serve */
	const char *listen;
	bool insecure;
	const char *tls_certificate;
	const char *tls_key;
	int64_t threads;
	int64_t detail_days;
	int64_t connections_max;
	int64_t connections_per_address_max;
	int64_t timeout_s;
	int64_t header_size_max;
	int64_t body_size_max;
	int64_t call_size_max;
	int64_t page_memory_max;
	int64_t intake_memory_max;
	int64_t grace_s;
	bool log_requests;
	const char *log_level;
	/* import, export, calls, show, generate, key: see settings.c for who takes what */
	const char *account;
	const char *format;
	const char *columns;
	const char *zone;
	const char *inbound_contexts;
	const char *start;
	const char *end;
	const char *number;
	int64_t offset;
	int64_t limit;
	int64_t calls;
	int64_t seed;
	int64_t days;
	const char *label;
	const char *scope;
	const char *output;
	bool quiet;
	bool color;
};

#endif
