/* SPDX-License-Identifier: MIT
 * Settings of what comes from files, from another store or from nowhere: copies, imports, exports,
 * made-up calls. */
#include "cmd/settings_rows.h"

/* clang-format off */
const struct setting files_settings[] = {
	/* copy */
	{OPTION("from", TEXT, "STORE", from), .command = "copy",
		.help = "The store to copy: a folder or a URL."},
	{OPTION("to", TEXT, "STORE", to), .command = "copy",
		.help = "The store to copy it into; it is made where it is missing."},
	/* generate */
	{OPTION("start", TIME, "TIME", start), .command = "generate",
		.help = "Makes calls from TIME on, instead of --days before the end."},
	{OPTION("end", TIME, "TIME", end), .command = "generate",
		.fallback = "2026-01-01T00:00:00Z",
		.help = "Makes calls that start before TIME. \"now\" gives other times, and so "
			"other bytes, at each run."},
	{OPTION("calls", INTEGER, "N", calls), .fallback = "1000", .max = 100000000,
		.help = "Makes N calls."},
	{OPTION("seed", INTEGER, "S", seed), .fallback = "1", .max = INT64_C(999999999999999999),
		.help = "The same seed and window always make the same bytes."},
	{OPTION("days", INTEGER, "N", days), .fallback = "7", .min = 1, .max = 3650,
		.help = "Spreads the calls over the N days before the end."},
	/* import, export */
	{OPTION("spreadsheet", FLAG, NULL, spreadsheet),
		.help = "Writes csv so that a spreadsheet shows each text as it is: with a byte "
			"order mark, and with formulas where it would make a number or a date of "
			"a text."},
	{OPTION("zone", TEXT, "ZONE", zone), .command = "export",
		.help = "Writes times of csv by the clock of ZONE, such as America/New_York. "
			"Without it: UTC."},
	{OPTION("detail", FLAG, NULL, detail),
		.help = "Writes a row for each step, where --format is csv; the other formats "
			"always have the steps."},
	{OPTION("format", TEXT, "FORMAT", format),
		.help = "What the files hold: fuse (documents of this API in JSON, NDJSON or "
			"XML, told by their content), json, ndjson, or a source's name, see "
			"below. Without it: fuse."},
	{OPTION("columns", TEXT, "FILE", columns),
		.help = "Takes the names of the columns, and how they are written, from FILE: "
			"for asterisk-cel, a cel_custom.conf. Of several mappings, the one for a "
			"file named like the input counts."},
	{SETTING("zone", TEXT, "ZONE", zone),
		.help = "Reads times without a zone in ZONE, such as Europe/Berlin. Without it: "
			"UTC."},
	{OPTION("system", TEXT, "NAME", system),
		.help = "Puts NAME and a hyphen before the ids of the calls. Exchanges give the "
			"same ids: where several send calls to one account, name each."},
	{SETTING("inbound-contexts", TEXT, "LIST", inbound_contexts),
		.help = "Calls that enter one of these dialplan contexts, separated by commas, "
			"are inbound."},
	{OPTION("shift-to", TIME, "TIME", shift_to),
		.help = "Moves all times of the files by one amount, so that the newest call "
			"ends at TIME. Reads the files twice."},
	{OPTION("old", CHOICE, "WHAT", old), .choices = "drop|refuse",
		.help = "What to do with calls that are over the days for which the store keeps "
			"them, or their steps: drop takes what is kept of them, refuse leaves "
			"them out. Without it, the command asks on a terminal, and otherwise "
			"refuses."},
	{OPTION("output", TEXT, "FILE", output),
		.help = "Writes to FILE, which appears only when it is whole, instead of "
			"standard output."},
	/* export */
	{OPTION("format", CHOICE, "FORMAT", format), .command = "export",
		.choices = "ndjson|json|xml|csv", .fallback = "ndjson",
		.help = "Writes ndjson (a call a line), json or xml (one document of the API), "
			"or csv for spreadsheets (a call a row, and with --detail a step a row)."},
	{.name = NULL},
};
/* clang-format on */
