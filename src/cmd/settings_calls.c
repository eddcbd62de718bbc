/* SPDX-License-Identifier: MIT
 * Settings that say which calls are meant, and how they are counted. */
#include "cmd/settings_rows.h"

/* clang-format off */
const struct setting calls_settings[] = {
	/* which calls */
	{SETTING("account", TEXT, "EMAIL", account), .completes = "accounts",
		.help = "The account. It may be left out when the store has exactly one."},
	{FILTER("start", "TIME"),
		.help = "Only calls that started at TIME or later: UNIX seconds, ISO 8601 "
			"(2026-01-31T12:00:00Z) or relative (-2h, now)."},
	{FILTER("end", "TIME"), .help = "Only calls that started before TIME."},
	{FILTER("dest", "NUMBER"),
		.help = "Only calls to this number, however it is punctuated; * at either end "
			"stands for the rest: *3001, 617*, *712*. In double quotes, which the "
			"shell must leave alone, a * is one: '\"*67\"'. none: calls without a "
			"number, or where it is withheld."},
	{FILTER("src", "NUMBER"), .help = "Only calls from this number, as --dest."},
	{FILTER("type", "TYPE"),
		.help = "Only calls of this type: inbound, outbound or transfer. This, --dest, "
			"--src and the next seven may be given several times, or with commas, for "
			"any of several. With --not- each asks for calls that are none of them."},
	{FILTER("outcome", "OUTCOME"),
		.help = "Only calls that ended so: answered, missed, abandoned, busy, failed, "
			"voicemail, transferred or completed; several with commas between."},
	{FILTER("ended-by", "SIDE"),
		.help = "Only calls that this side ended: caller, called or system."},
	{FILTER("class", "CLASS"),
		.help = "Only calls with a step of this class: info, event, debug, prompt, error "
			"or another. One step must have the class, module and variable that are "
			"asked for."},
	{FILTER("module", "MODULE"), .completes = "modules",
		.help = "Only calls with a step of this module."},
	{FILTER("variable", "NAME"), .completes = "variables",
		.help = "Only calls with a step of this result variable."},
	{FILTER("last-module", "MODULE"), .completes = "modules",
		.help = "Only calls that ended in this module: the one of their last step but "
			"for hang-ups."},
	{FILTER("last-variable", "NAME"), .completes = "variables",
		.help = "Only calls that ended at this result variable."},
	{FILTER("not-dest", "NUMBER"),
		.help = "Only calls to other numbers than this, as --dest."},
	{FILTER("not-src", "NUMBER"),
		.help = "Only calls from other numbers than this, as --dest."},
	{FILTER("not-type", "TYPE"), .help = "Only calls of other types than this."},
	{FILTER("not-outcome", "OUTCOME"),
		.help = "Only calls that ended otherwise, or of which that is not known."},
	{FILTER("not-ended-by", "SIDE"),
		.help = "Only calls that this side did not end, or of which that is not known."},
	{FILTER("not-class", "CLASS"),
		.help = "Only calls without a step of this class; those without steps are among "
			"them, here and in the next four."},
	{FILTER("not-module", "MODULE"), .completes = "modules",
		.help = "Only calls without a step of this module."},
	{FILTER("not-variable", "NAME"), .completes = "variables",
		.help = "Only calls without a step of this result variable."},
	{FILTER("not-last-module", "MODULE"), .completes = "modules",
		.help = "Only calls that did not end in this module."},
	{FILTER("not-last-variable", "NAME"), .completes = "variables",
		.help = "Only calls that did not end at this result variable."},
	{FILTER("session", "SESSION_ID"), .completes = "sessions",
		.help = "Only the call with this session; a * at its end stands for the rest: "
			"pbx-17954*."},
	{FILTER("text", "WORDS"),
		.help = "Only calls whose lines have all WORDS: confir* is the beginning of a "
			"word, and words in double quotes follow each other."},
	{FILTER("path", "PATH"),
		.help = "Only calls with these places one after the other, as in 'menu:\"invalid "
			"input\" > <10s end': >> is directly after, ! not between."},
	{FILTER("step-data", "NAME=VALUE"),
		.help = "Only calls with a step whose data have NAME with VALUE, as in digits=1. "
			"Each call is looked into, so a window or a number makes it quick. "
			"Several --step-data are all meant."},
	{FILTER("min-duration", "SECONDS"), .help = "Only calls of at least SECONDS seconds."},
	{FILTER("max-duration", "SECONDS"), .help = "Only calls of at most SECONDS seconds."},
	{FILTER("answered", "true|false"),
		.help = "Only calls that a person answered, or that nobody did. Calls of which "
			"that is not known are neither."},
	{FILTER("min-talk", "SECONDS"),
		.help = "Only calls in which persons talked for at least SECONDS seconds."},
	{FILTER("max-talk", "SECONDS"),
		.help = "Only calls in which persons talked for at most SECONDS seconds."},
	{FILTER("min-steps", "N"),
		.help = "Only calls of which at least N steps can be seen: of those that are over "
			"their days none can."},
	{FILTER("max-steps", "N"), .help = "Only calls of which at most N steps can be seen."},
	{FILTER("state", "STATE"), .help = "Only calls that are live, or ended."},
	{OPTION("number", TEXT, "NUMBER", number),
		.help = "Only calls to this number, however it is punctuated."},
	{OPTION("offset", INTEGER, "N", offset), .fallback = "0",
		.max = INT64_C(999999999999999999), .help = "Passes over the N newest calls."},
	{OPTION("limit", INTEGER, "N", limit), .fallback = "20", .min = 1, .max = 10000,
		.help = "Shows at most N calls."},
	{OPTION("order", TEXT, "ORDER", order),
		.help = "Shows the calls in the order of duration, talk or steps, least first, or "
			"of -duration, -talk or -steps, most first. Without it the newest come "
			"first. It reaches as far as 10,000 calls."},
	/* stats, dropoff, places, flow, tail */
	{OPTION("limit", INTEGER, "N", limit), .command = "stats", .fallback = "20", .min = 1,
		.max = 10000, .help = "Shows the N largest groups; by time alone, all of them."},
	{OPTION("limit", INTEGER, "N", limit), .command = "dropoff", .fallback = "20", .min = 1,
		.max = 10000, .help = "Shows the N places that most calls reached."},
	{OPTION("limit", INTEGER, "N", limit), .command = "places", .fallback = "20", .min = 1,
		.max = 10000, .help = "Shows the N places that took the most time."},
	{OPTION("limit", INTEGER, "N", limit), .command = "flow", .fallback = "30", .min = 1,
		.max = 200,
		.help = "The N places that were visited most stand for themselves, all others "
			"together."},
	{OPTION("compare-start", TIME, "TIME", compare_start),
		.help = "Compares with calls that started at TIME or later."},
	{OPTION("compare-end", TIME, "TIME", compare_end),
		.help = "Compares with calls that started before TIME."},
	{OPTION("limit", INTEGER, "N", limit), .command = "tail", .fallback = "10", .max = 10000,
		.help = "Begins with the N newest calls."},
	{OPTION("group", TEXT, "GROUP", group), .fallback = "time",
		.help = "Counts by time, dest (the number called), src, type, class, module, "
			"variable, outcome or ended_by, or by two of them with a comma between: "
			"outcome,time."},
	{OPTION("bucket", CHOICE, "BUCKET", bucket), .choices = "minute|hour|day|week|month",
		.fallback = "day", .help = "Counts time by minute, hour, day, week or month."},
	{OPTION("follow", FLAG, NULL, follow), .letter = 'f',
		.help = "Goes on and shows calls as they come."},
	{OPTION("follow", FLAG, NULL, follow), .letter = 'f', .command = "show",
		.help = "Goes on and shows a live call's steps as they come, until it ends."},
	{OPTION("steps", FLAG, NULL, steps),
		.help = "With --follow, shows the steps of live calls as they come."},
	{OPTION("zone", TEXT, "ZONE", zone), .command = "stats",
		.help = "Takes hours, days, weeks and months by the clock of ZONE, such as "
			"America/New_York, and shows them by it. Without it: UTC."},
	{.name = NULL},
};
/* clang-format on */
