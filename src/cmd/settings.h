/* SPDX-License-Identifier: MIT
 * Settings: one table row is a setting, its default, its limits and its documentation. Flag, then
 * CALLSTEP_… in the environment, then the INI file, then the default (DESIGN §7). `--help` and the
 * man page are made from the same rows. To add one: a member here, and a row in the table of its
 * group of commands (settings_GROUP.c). Its name goes into the settings of the commands that take
 * it. */
#ifndef CMD_SETTINGS_H
#define CMD_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* A time that was not given. */
#define SETTING_TIME_NONE (-1)

/* An option that says which calls are meant, as it was given. */
struct setting_word {
	const char *name; /* "min-duration" */
	const char *value;
};

/* What was said of a setting, and where. */
struct setting_said {
	const struct setting *setting;
	const char *value; /* as it was written; NULL: nothing */
	const char *from;  /* "default", "/etc/callstep/callstep.ini:4", "CALLSTEP_THREADS",
			      "--threads" */
};

/* Every setting and option of every command. Strings live in the arena, or are static. */
struct settings {
	/* settings_common.c: of every command, and of many */
	const char *config; /* --config FILE: the INI file */
	const char *data;   /* --data DIR or --store URL: location for store_open() */
	const char *store;  /* --store URL alone; use data */
	bool help;
	bool version;
	bool utc;			 /* --utc: times in UTC instead of the local zone */
	bool json;			 /* --json: machine-readable */
	bool quiet;			 /* --quiet: no progress, no summary */
	const char *color;		 /* "auto", "always", "never" */
	const struct setting_said *said; /* of each setting of the command, in the order of help */
	size_t said_count;

	/* settings_serve.c: of the server, some of imports and sweeps too */
	const char *listen;
	const char *metrics_listen; /* NULL: no server for metrics */
	bool check;		    /* --check: looks whether it could start */
	bool insecure;
	const char *tls_certificate;
	const char *tls_key;
	int64_t threads;
	int64_t api_detail_days; /* 0: for as long as it is kept */
	bool audit_reads;
	bool all_spans;
	int64_t disk_max; /* bytes; 0: no cap */
	int64_t sweep_every_s;
	int64_t live_timeout_s;
	int64_t store_connections;
	int64_t connections_max;
	int64_t connections_per_address_max;
	const char *trusted_proxies; /* NULL: none */
	const char *cors_origins;    /* NULL: none */
	const char *proxy_header;    /* "x-forwarded-for", "forwarded" */
	int64_t timeout_s;
	int64_t rate_min;	 /* bytes a second; 0: any */
	int64_t header_size_max; /* sizes in bytes */
	int64_t body_size_max;
	int64_t call_size_max;
	int64_t page_memory_max;
	const char *spill_folder; /* NULL: the store's, or /var/tmp */
	int64_t spill_max;	  /* 0: nothing is moved there */
	int64_t query_time_max_ms;
	int64_t intake_memory_max;
	int64_t intake_wait_max_s;
	int64_t wrong_keys_max; /* a minute; 0: any number */
	int64_t session_age_s;	/* 0: nobody stays signed in */
	/* what is hidden before it is stored; redact/redact.h */
	bool redact_cards;
	const char *redact_input;
	const char *redact_modules;
	const char *redact_variables;
	const char *redact_patterns;
	const char *redact_key_file;
	const char *webhook;	/* NULL: none */
	const char *public_url; /* NULL: not known */
	const char *twilio_token_file;
	bool hook_private;
	int64_t hook_timeout_s;
	const char *dial_prefix; /* call_prefixes_read(); NULL: none */
	int64_t grace_s;
	bool log_requests;
	const char *log_level;	/* "error", "warning", "info", "debug" */
	const char *log_format; /* "text", "json" */

	/* settings_calls.c: which calls are meant, and how they are counted */
	const char *account;		   /* NULL: the only one there is */
	const struct setting_word *filter; /* in the order of the arguments */
	size_t filter_count;
	const char *number;
	int64_t offset;
	const char *order; /* NULL: newest first */
	int64_t limit;
	const char *group;
	const char *bucket;
	const char *zone;
	int64_t compare_start; /* UNIX seconds */
	int64_t compare_end;   /* 0: nothing is compared */
	bool follow;
	bool steps;

	/* settings_files.c: copy, import, export, generate */
	const char *from;
	const char *to;
	const char *format; /* NULL: told by the content */
	const char *columns;
	const char *inbound_contexts;
	const char *system;
	int64_t shift_to; /* UNIX seconds, or SETTING_TIME_NONE */
	const char *output;
	bool detail;
	bool spreadsheet;
	const char *old; /* "drop", "refuse"; NULL: asked, or refuse */
	int64_t calls;
	int64_t seed;
	int64_t start; /* UNIX seconds, or SETTING_TIME_NONE */
	int64_t end;
	int64_t days;

	/* settings_pull.c: what is fetched from elsewhere */
	const char *user;
	const char *secret_file;
	const char *key_file;
	const char *spool;
	int64_t since; /* UNIX seconds, or SETTING_TIME_NONE */
	int64_t overlap_s;
	int64_t every_s;
	int64_t pace_ms;

	/* settings_collect.c: of collectors; further ones are those of pull */
	const char *ca_file;
	int64_t spool_max;
	const char *prefix;
	const char *host;
	const char *login;
	bool tls;
	const char *variables;
	bool once;
	const char *account_sid;
	const char *flows;
	const char *api_url;
	const char *studio_url;

	/* settings_manage.c: erase, account, retention, audit, key, hook, backup */
	int64_t keep; /* backups; 0: one, and none is dropped */
	const char *session;
	bool finish;
	bool repair;
	bool defer;
	bool dry_run;
	bool yes;
	const char *keep_detail;
	const char *keep_headers;
	const char *keep_audit;
	const char *action;
	const char *label;
	const char *scope;
	const char *url;
	const char *event; /* of hook_event_names */
	const char *hook_filter;
	const char *hook_name;
	int64_t more_than;
	int64_t within_s;
	int64_t times;
};

enum setting_type {
	SETTING_TEXT,	      /* const char * */
	SETTING_LIST,	      /* the same; given again, it goes on behind a comma */
	SETTING_CHOICE,	      /* const char *, one of `choices` */
	SETTING_FLAG,	      /* bool */
	SETTING_INTEGER,      /* int64_t from min to max */
	SETTING_DAYS,	      /* int64_t: days; 0, ever or off: for ever */
	SETTING_SIZE,	      /* int64_t: bytes, with k, M or G for their binary multiples */
	SETTING_DURATION,     /* int64_t: seconds, with s, m, h, d or w */
	SETTING_MILLISECONDS, /* int64_t: the same in milliseconds, also with ms */
	SETTING_TIME,	      /* int64_t: UNIX seconds, as time_text_parse() reads them */
	SETTING_FILTER, /* a parameter of call/filter.h, kept as it was given; may be repeated */
};

struct setting {
	const char *name; /* "sweep-every": --sweep-every, CALLSTEP_SWEEP_EVERY, sweep-every = … */
	const char *command; /* the row is for this command alone; NULL: for all that take it */
	const char *metavariable; /* NULL for flags */
	char letter;		  /* 'f': -f is the same; '\0': none */
	const char *fallback;	  /* the default, as it would be written; NULL: none */
	const char *choices;	  /* "auto|always|never" */
	const char *completes;	  /* what 'callstep complete' calls its values; NULL: nothing */
	const char *help;	  /* one or two sentences */
	size_t offset;		  /* in struct settings */
	int64_t min, max;	  /* of integers, sizes and durations, in the member's unit */
	enum setting_type type;
	bool per_run; /* an option of one run: neither in the environment nor in the INI file */
};

/* The row behind @row, the first one behind NULL, by group of commands; NULL behind the last one.
 */
const struct setting *setting_next(const struct setting *row);

/* The settings that every command takes. NULL-ended. */
extern const char *const setting_common[];

/* The row of @name for @command (a command's name, or NULL): its own, or else the one for all. NULL
 * when there is none. */
const struct setting *setting_find(struct text name, const char *command);

/* The first row of @name, for whichever command; NULL when there is none. */
const struct setting *setting_find_any(struct text name);

/* The first row of @name that is not an option of one run, for any command; NULL when there is
 * none. */
const struct setting *setting_find_kept(struct text name);

/* The value in @settings of the text @name, a setting of @command; NULL: it was not given. */
const char *setting_text(const struct settings *settings, const char *name, const char *command);

#define SETTING_NAME_MAX 64

/* "CALLSTEP_SWEEP_EVERY" of "sweep-every". Returns @buffer. */
const char *setting_environment_name(const char *name, char buffer[SETTING_NAME_MAX]);

/* Settings of earlier versions, and what took their place. One that is still given is refused:
 * nothing is ignored. Ended by NULL. */
struct setting_gone {
	const char *name;
	const char *instead;
};
extern const struct setting_gone setting_gone[];

/* NULL: it never was one. */
const struct setting_gone *setting_gone_find(struct text name);

/* Reads a number of days, up to STORE_DAYS_MAX: 0, ever and off are for ever, which is 0. */
bool setting_parse_days(struct text value, int64_t *ret_days);

/* Reads @value, whose memory stays in use, into the member of @settings that @setting is for. On
 * failure @err tells what may be written instead; the caller adds where the value came from.
 * Relative times count from @now. */
int setting_parse(const struct setting *setting, const char *value, int64_t now,
	struct settings *settings, struct error *err) CHECK_RESULT;

/* What may be written for @setting: "a whole number from 1 to 10000". Returns @buffer. */
const char *setting_limits(const struct setting *setting, char *buffer, size_t size);

#endif
