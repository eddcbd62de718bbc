/* SPDX-License-Identifier: MIT
 * Settings of every command, and of many. */
#include "cmd/settings_rows.h"

/* clang-format off */
const struct setting common_settings[] = {
	/* common */
	{SETTING("config", TEXT, "FILE", config),
		.help = "Reads settings from the INI file FILE. Without it: the first "
			"callstep.ini that is found in $XDG_CONFIG_HOME/callstep, "
			"~/.config/callstep or /etc/callstep."},
	{SETTING("data", TEXT, "DIR", data),
		.help = "Keeps the store in the folder DIR. Without it: /var/lib/callstep for "
			"root, otherwise $XDG_DATA_HOME/callstep or ~/.local/share/callstep."},
	{SETTING("store", TEXT, "URL", store),
		.help = "Uses the store at URL instead of a folder: "
			"postgresql://USER@HOST/DATABASE. Put a password into ~/.pgpass or "
			"PGPASSWORD: there no other user of the machine sees it."},
	{OPTION("help", FLAG, NULL, help), .letter = 'h', .help = "Prints this help."},
	{OPTION("version", FLAG, NULL, version), .help = "Prints the version."},
	/* how things are shown */
	{SETTING("utc", FLAG, NULL, utc), .help = "Shows times in UTC instead of the local zone."},
	{OPTION("json", FLAG, NULL, json), .help = "Writes JSON for programs."},
	{SETTING("quiet", FLAG, NULL, quiet), .help = "Shows neither progress nor a summary."},
	{SETTING("color", CHOICE, "WHEN", color), .choices = "auto|always|never",
		.fallback = "auto",
		.help = "Uses colour: auto, always or never. auto means on a terminal, unless "
			"NO_COLOR is set."},
	{.name = NULL},
};
/* clang-format on */

const char *const setting_common[] = {"config", "data", "store", "help", "version", NULL};

/* clang-format off */
const struct setting_gone setting_gone[] = {
	{"detail-days", "the store itself holds how long it keeps detail, 'callstep retention "
		"--keep-detail DAYS' sets it; --api-detail-days says how long /api/ serves it"},
	{"header-days", "the store itself holds how long it keeps calls, 'callstep retention "
		"--keep-headers DAYS' sets it"},
	{"audit-days", "the store itself holds how long it keeps the audit trail, 'callstep "
		"retention --keep-audit DAYS' sets it"},
	{NULL, NULL},
};
/* clang-format on */
