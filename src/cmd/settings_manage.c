/* SPDX-License-Identifier: MIT
 * Settings of commands that manage a store: what it keeps, erases and records, and for whom. */
#include "cmd/settings_rows.h"

/* clang-format off */
const struct setting manage_settings[] = {
	/* audit */
	{OPTION("start", TIME, "TIME", start), .command = "audit",
		.help = "Only what was done at TIME or later: UNIX seconds, ISO 8601 "
			"(2026-01-31T12:00:00Z) or relative (-2h, now)."},
	{OPTION("end", TIME, "TIME", end), .command = "audit",
		.help = "Only what was done before TIME."},
	{OPTION("limit", INTEGER, "N", limit), .command = "audit", .fallback = "100", .min = 1,
		.max = 1000000, .help = "Shows at most N records."},
	{OPTION("action", TEXT, "WORD", action),
		.help = "Only records of this action, such as make-key; see below."},
	/* erase */
	{OPTION("number", TEXT, "NUMBER", number), .command = "erase",
		.help = "Erases the calls to and from this number, however it is punctuated."},
	{OPTION("session", TEXT, "SESSION_ID", session), .command = "erase",
		.help = "Erases this one call."},
	{OPTION("yes", FLAG, NULL, yes), .help = "Does not ask."},
	{OPTION("dry-run", FLAG, NULL, dry_run),
		.help = "Erases nothing, and says how many calls would be erased."},
	{OPTION("defer", FLAG, NULL, defer),
		.help = "Leaves writing the files anew to a later --finish. The calls are gone "
			"from all answers, but their bytes may still lie in the files."},
	{OPTION("finish", FLAG, NULL, finish),
		.help = "Writes the files anew and does nothing else."},
	/* backup */
	{OPTION("keep", INTEGER, "N", keep), .max = 10000,
		.help = "Makes the backup in a folder of DIR that is named by the time, and drops "
			"the oldest of these beyond N. 0, as without it: DIR is the backup."},
	/* verify */
	{OPTION("repair", FLAG, NULL, repair),
		.help = "Has columns that do not fit the calls made anew (docs/columns.md). The "
			"calls themselves stay as they are."},
	/* retention */
	{OPTION("keep-detail", TEXT, "DAYS", keep_detail), .command = "retention",
		.help = "Keeps the detail of calls for so many days after their start, or ever."},
	{OPTION("keep-headers", TEXT, "DAYS", keep_headers), .command = "retention",
		.help = "Keeps the calls themselves for so many days, or ever, and at least as "
			"long as their detail."},
	{OPTION("keep-audit", TEXT, "DAYS", keep_audit),
		.help = "Keeps the audit trail for so many days, or ever."},
	/* account */
	{OPTION("keep-detail", TEXT, "DAYS", keep_detail),
		.help = "With add and set: how many days the detail of the account's calls is "
			"kept, or ever, or default, which is as the store keeps it."},
	{OPTION("keep-headers", TEXT, "DAYS", keep_headers),
		.help = "With add and set: the same for the calls themselves."},
	/* key */
	{OPTION("scope", TEXT, "LIST", scope), .fallback = "read,write",
		.help = "What the key is for: read, write, admin and metrics, separated by "
			"commas."},
	{OPTION("label", TEXT, "TEXT", label),
		.help = "A note that key list shows beside the key."},
	/* hook */
	{OPTION("url", TEXT, "URL", url),
		.help = "The server posts to this address, which begins with https://."},
	{OPTION("event", CHOICE, "WORD", event), .fallback = "ends",
		.choices = "begins|ends|step|threshold",
		.help = "What is told: that a call begins or ends, its steps that the filter "
			"means, or that more calls ended than --more-than says."},
	{OPTION("filter", TEXT, "QUERY", hook_filter), .command = "hook",
		.help = "Only calls that these parameters of GET /v1/calls mean, written as in "
			"an address: 'class=error&dest=*3001'."},
	{OPTION("name", TEXT, "TEXT", hook_name), .command = "hook",
		.help = "A name that the list and what is posted show."},
	{OPTION("more-than", INTEGER, "N", more_than), .max = 1000000000,
		.help = "With --event threshold: tells when more than N calls ended within "
			"--within, and again when it is over."},
	{OPTION("within", DURATION, "TIME", within_s), .max = DAY,
		.help = "With --event threshold: how long a time is looked at, from 1m to 1d."},
	{OPTION("times", INTEGER, "N", times), .max = 1000,
		.help = "With --event threshold: only where it is also more than N times what "
			"it was a week before."},
	{.name = NULL},
};
/* clang-format on */
