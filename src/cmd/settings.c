/* SPDX-License-Identifier: MIT
 * How settings are found in their table, and how a value is read. */
#include "cmd/settings.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>

#include "base/time_text.h"
#include "cmd/settings_rows.h"
#include "store/store.h"

static const struct setting *const tables[] = {common_settings, serve_settings, calls_settings,
	files_settings, collect_settings, manage_settings, pull_settings, NULL};

/* The row without a name that ends @table. */
static const struct setting *end_of(const struct setting *table)
{
	while (table->name) {
		table++;
	}
	return table;
}

const struct setting *setting_next(const struct setting *row)
{
	size_t next = 0;

	if (row && row[1].name) {
		return row + 1;
	}
	while (row && end_of(tables[next++]) != row + 1) {
	}
	return tables[next];
}

const struct setting *setting_find(struct text name, const char *command)
{
	const struct setting *for_all = NULL;
	const struct setting *row = NULL;

	while ((row = setting_next(row))) {
		if (!text_equal_string(name, row->name)) {
			continue;
		}
		if (row->command && command && strcmp(row->command, command) == 0) {
			return row;
		}
		for_all = row->command ? for_all : row;
	}
	return for_all;
}

const struct setting *setting_find_any(struct text name)
{
	const struct setting *row = NULL;

	while ((row = setting_next(row)) && !text_equal_string(name, row->name)) {
	}
	return row;
}

const struct setting *setting_find_kept(struct text name)
{
	const struct setting *row = NULL;

	while ((row = setting_next(row)) && (row->per_run || !text_equal_string(name, row->name))) {
	}
	return row;
}

const char *setting_text(const struct settings *settings, const char *name, const char *command)
{
	const struct setting *row = setting_find(text_of(name), command);

	assert(row && row->type == SETTING_TEXT);
	return *(const char *const *)(const void *)((const char *)settings + row->offset);
}

const struct setting_gone *setting_gone_find(struct text name)
{
	for (const struct setting_gone *row = setting_gone; row->name; row++) {
		if (text_equal_string(name, row->name)) {
			return row;
		}
	}
	return NULL;
}

const char *setting_environment_name(const char *name, char buffer[SETTING_NAME_MAX])
{
	snprintf(buffer, SETTING_NAME_MAX, "CALLSTEP_%s", name);
	for (char *c = buffer; *c; c++) {
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	}
	return buffer;
}

/* "yes, no": @choices with `|` replaced. */
static void list_choices(const char *choices, char *buffer, size_t size)
{
	struct text rest = text_of(choices);
	struct text choice;
	size_t used = 0;

	buffer[0] = '\0';
	while (text_split(&rest, '|', &choice) && used < size) {
		used += (size_t)snprintf(buffer + used, size - used, "%s%.*s",
			used == 0 ? "" : (rest.data && rest.size > 0 ? ", " : " or "),
			TEXT_ARG(choice));
	}
}

static const char *format_size(int64_t bytes, char buffer[32])
{
	static const struct {
		int64_t unit;
		const char *name;
	} units[] = {{GB, "G"}, {MB, "M"}, {KB, "k"}, {1, ""}};
	size_t i = 0;

	while (bytes % units[i].unit != 0) {
		i++;
	}
	snprintf(buffer, 32, "%lld%s", (long long)(bytes / units[i].unit),
		bytes == 0 ? "" : units[i].name);
	return buffer;
}

const char *setting_limits(const struct setting *setting, char *buffer, size_t size)
{
	char low[32], high[32];

	switch (setting->type) {
	case SETTING_TEXT:
	case SETTING_LIST:
	case SETTING_FILTER:
		snprintf(buffer, size, "a text that is not empty");
		break;
	case SETTING_CHOICE:
		list_choices(setting->choices, buffer, size);
		break;
	case SETTING_FLAG:
		snprintf(buffer, size, "yes or no");
		break;
	case SETTING_INTEGER:
		snprintf(buffer, size, "a whole number from %lld to %lld", (long long)setting->min,
			(long long)setting->max);
		break;
	case SETTING_DAYS:
		snprintf(buffer, size, "a number of days from 1 to %d, or ever", STORE_DAYS_MAX);
		break;
	case SETTING_SIZE:
		snprintf(buffer, size, "a size from %s to %s, such as 500k, 64M or 2G",
			format_size(setting->min, low), format_size(setting->max, high));
		break;
	case SETTING_DURATION:
		snprintf(buffer, size,
			"a duration from %lld to %lld seconds, such as 30, 45s or 2m",
			(long long)setting->min, (long long)setting->max);
		break;
	case SETTING_MILLISECONDS:
		snprintf(buffer, size,
			"a duration from %lld to %lld milliseconds, such as 500ms, 10s or 2m",
			(long long)setting->min, (long long)setting->max);
		break;
	case SETTING_TIME:
		snprintf(buffer, size,
			"UNIX seconds, ISO 8601 (2026-01-31T12:00:00Z) or relative (-2h, now)");
		break;
	}
	return buffer;
}

bool setting_parse_days(struct text value, int64_t *ret_days)
{
	int64_t days = 0;

	if (!text_equal_string(value, "ever") && !text_equal_string(value, "off") &&
		(!text_to_int64(value, &days) || days < 0 || days > STORE_DAYS_MAX)) {
		return false;
	}
	*ret_days = days;
	return true;
}

static bool parse_milliseconds(struct text value, int64_t *ret)
{
	if (value.size > 2 && text_equal(text_tail(value, value.size - 2), TEXT("ms"))) {
		return text_to_int64(text_head(value, value.size - 2), ret);
	}
	/* No limit in the table is near to where this overflows. */
	if (time_text_parse_duration(value, ret, NULL) < 0 || *ret > INT64_MAX / 1000) {
		return false;
	}
	*ret *= 1000;
	return true;
}

static bool parse_flag(struct text value, bool *ret)
{
	static const char *const words[][2] = {
		{"no", "yes"}, {"false", "true"}, {"0", "1"}, {"off", "on"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (int on = 0; on < 2; on++) {
			if (text_equal_ascii_case(value, text_of(words[i][on]))) {
				*ret = on == 1;
				return true;
			}
		}
	}
	return false;
}

static bool parse_size(struct text value, int64_t *ret)
{
	int64_t unit = 1;
	int64_t amount;

	if (value.size > 0) {
		switch (value.data[value.size - 1]) {
		case 'k':
		case 'K':
			unit = KB;
			break;
		case 'm':
		case 'M':
			unit = MB;
			break;
		case 'g':
		case 'G':
			unit = GB;
			break;
		default:
			break;
		}
	}
	value.size -= unit > 1 ? 1 : 0;
	if (!text_to_int64(value, &amount) || amount > INT64_MAX / unit) {
		return false;
	}
	*ret = amount * unit;
	return true;
}

static bool is_choice(const char *choices, struct text value)
{
	struct text rest = text_of(choices);
	struct text choice;

	while (text_split(&rest, '|', &choice)) {
		if (text_equal(choice, value)) {
			return true;
		}
	}
	return false;
}

static bool parse_number(
	const struct setting *setting, struct text value, int64_t now, int64_t *ret)
{
	int64_t number;

	switch (setting->type) {
	case SETTING_DAYS:
		return setting_parse_days(value, ret);
	case SETTING_SIZE:
		if (!parse_size(value, &number)) {
			return false;
		}
		break;
	case SETTING_DURATION:
		if (time_text_parse_duration(value, &number, NULL) < 0) {
			return false;
		}
		break;
	case SETTING_MILLISECONDS:
		if (!parse_milliseconds(value, &number)) {
			return false;
		}
		break;
	case SETTING_TIME:
		return time_text_parse(value, now, ret, NULL) == 0 && *ret >= 0;
	default:
		if (!text_to_int64(value, &number)) {
			return false;
		}
		break;
	}
	if (number < setting->min || number > setting->max) {
		return false;
	}
	*ret = number;
	return true;
}

int setting_parse(const struct setting *setting, const char *value, int64_t now,
	struct settings *settings, struct error *err)
{
	char *member = (char *)settings + setting->offset;
	struct text text = text_of(value);
	char limits[256];
	bool valid;

	switch (setting->type) {
	case SETTING_TEXT:
	case SETTING_LIST:
	case SETTING_CHOICE:
		valid = setting->type != SETTING_CHOICE ? text.size > 0
							: is_choice(setting->choices, text);
		if (valid) {
			*(const char **)(void *)member = value;
		}
		break;
	case SETTING_FLAG:
		valid = parse_flag(text, (bool *)(void *)member);
		break;
	default:
		valid = parse_number(setting, text, now, (int64_t *)(void *)member);
		break;
	}
	if (!valid) {
		return error_set(err, ERROR_INVALID, "write %s",
			setting_limits(setting, limits, sizeof(limits)));
	}
	return 0;
}
