/* SPDX-License-Identifier: MIT
 * How a row of a table of settings begins. */
#ifndef CMD_SETTINGS_ROWS_H
#define CMD_SETTINGS_ROWS_H

#include "cmd/settings.h"

#define KB  INT64_C(1024)
#define MB  (INT64_C(1024) * KB)
#define GB  (INT64_C(1024) * MB)
#define DAY INT64_C(86400)

/* A setting: an option, a variable of the environment, and a line of the INI file. */
#define SETTING(name_, type_, metavariable_, member_)                                              \
	.name = name_, .type = SETTING_##type_, .metavariable = metavariable_,                     \
	.offset = offsetof(struct settings, member_)

/* An option of one run. */
#define OPTION(name_, type_, metavariable_, member_)                                               \
	SETTING(name_, type_, metavariable_, member_), .per_run = true

/* A parameter of call/filter.h. */
#define FILTER(name_, metavariable_)                                                               \
	.name = name_, .type = SETTING_FILTER, .metavariable = metavariable_, .per_run = true

/* The tables, one a group of commands. Each ends with a row without a name. */
extern const struct setting common_settings[], serve_settings[], calls_settings[], files_settings[],
	collect_settings[], manage_settings[], pull_settings[];

#endif
