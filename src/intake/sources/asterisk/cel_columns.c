/* SPDX-License-Identifier: MIT
 * Columns of a channel event log: by a header row, or in the sample's order. Those of a mapping:
 * cel_config.c. */
#include "intake/sources/asterisk/cel_columns.h"

#include <stdio.h>

#define UNUSED CEL_FIELDS /* known, but no step tells it */

/* Standing in for eventtype where that is not recorded: a user's event is USER_DEFINED. */
#define EVENT_ENUM "eventenum"

/* Every name that a field goes by in Asterisk's samples. */
static const struct {
	enum cel_field field;
	const char *names[9];
} names[] = {
	{CEL_EVENT_TYPE, {"eventtype", EVENT_ENUM}},
	{CEL_EVENT_TIME, {"eventtime"}},
	{CEL_CALLER_NAME, {"CALLERID(name)", "cid_name", "name", "cidname"}},
	{CEL_CALLER_NUMBER, {"CALLERID(num)", "CALLERID(number)", "cid_num", "num", "cidnum"}},
	{CEL_ANI, {"CALLERID(ANI)", "cid_ani", "ani", "cidani"}},
	{CEL_RDNIS, {"CALLERID(RDNIS)", "cid_rdnis", "rdnis", "cidrdnis"}},
	{CEL_DNID, {"CALLERID(DNID)", "cid_dnid", "dnid", "ciddnid"}},
	{CEL_EXTEN, {"CHANNEL(exten)", "exten"}},
	{CEL_CONTEXT, {"CHANNEL(context)", "context"}},
	{CEL_CHANNEL, {"CHANNEL(channame)", "CHANNEL(name)", "CHANNEL", "channame"}},
	{CEL_APP, {"CHANNEL(appname)", "appname"}},
	{CEL_APP_DATA, {"CHANNEL(appdata)", "appdata"}},
	{CEL_AMA_FLAGS, {"CHANNEL(amaflags)", "amaflags"}},
	{CEL_ACCOUNT, {"CHANNEL(accountcode)", "accountcode", "acctcode"}},
	{CEL_UNIQUE_ID, {"CHANNEL(uniqueid)", "uniqueid"}},
	{CEL_LINKED_ID, {"CHANNEL(linkedid)", "linkedid"}},
	{CEL_PEER, {"BRIDGEPEER", "CHANNEL(peer)", "peer"}},
	{CEL_USER_FIELD, {"CHANNEL(userfield)", "userfield"}},
	{CEL_USER_EVENT, {"userdeftype", "usereventname"}},
	{CEL_EXTRA, {"eventextra", "extra"}},
	{UNUSED, {"id", "AcctId", "eventtimeusec", "peeraccount", "peeracct",
			 "CHANNEL(peeraccount)", "tenantid", "CHANNEL(tenantid)", "literal"}},
};

int cel_columns_field(struct text name, enum cel_field *ret_field)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		for (size_t k = 0; k < COUNT_OF(names[i].names) && names[i].names[k]; k++) {
			if (text_equal_ascii_case(name, text_of(names[i].names[k]))) {
				*ret_field = names[i].field;
				return names[i].field != UNUSED;
			}
		}
	}
	return -1;
}

void cel_columns_note_unknown(struct cel_columns *columns, struct text name)
{
	static const char more[] = ", …";
	char *known = columns->unknown, quoted[64];
	size_t used = strlen(known), size;

	name = text_head(name, name.size < 40 ? name.size : 40);
	size = (size_t)snprintf(quoted, sizeof(quoted), "'%.*s'", TEXT_ARG(name));
	if (memmem(known, used, quoted, size) || memmem(known, used, more, sizeof(more) - 1)) {
		return;
	}
	if (used + 2 + size + sizeof(more) > sizeof(columns->unknown)) {
		memcpy(known + used, more, sizeof(more));
		return;
	}
	snprintf(known + used, sizeof(columns->unknown) - used, "%s%s", used ? ", " : "", quoted);
}

void cel_columns_clear(struct cel_columns *columns)
{
	*columns = (struct cel_columns){.dialect = csv_plain};
	for (int field = 0; field < CEL_FIELDS; field++) {
		columns->place[field] = -1;
	}
}

void cel_columns_add(struct cel_columns *columns, struct text name)
{
	int place = (int)columns->width++;
	bool stands_in = text_equal_ascii_case(name, TEXT(EVENT_ENUM));
	enum cel_field field;
	int known = cel_columns_field(name, &field);

	if (known < 0 && name.size > 0) {
		cel_columns_note_unknown(columns, name);
	}
	if (known <= 0) {
		return;
	}
	if (columns->place[field] < 0 || (field == CEL_EVENT_TYPE && columns->stands_in)) {
		columns->place[field] = place;
		columns->stands_in = stands_in || (columns->stands_in && field != CEL_EVENT_TYPE);
	}
}

void cel_columns_sample(struct cel_columns *ret_columns)
{
	cel_columns_clear(ret_columns);
	for (int field = 0; field < CEL_FIELDS; field++) {
		ret_columns->place[field] = field;
	}
	ret_columns->width = CEL_FIELDS;
}

bool cel_columns_header(const struct text *fields, size_t count, struct cel_columns *ret_columns)
{
	struct cel_columns columns;

	cel_columns_clear(&columns);
	for (size_t i = 0; i < count; i++) {
		cel_columns_add(&columns, text_trim(fields[i]));
	}
	/* A row of data cannot name both: its time is a time. */
	if (columns.place[CEL_EVENT_TYPE] < 0 || columns.place[CEL_EVENT_TIME] < 0) {
		return false;
	}
	columns.dialect = ret_columns->dialect;
	*ret_columns = columns;
	return true;
}

struct text cel_columns_unquoted(struct text field)
{
	field = text_trim(field);
	return field.size >= 2 && field.data[0] == '"'
		       ? text_head(text_tail(field, 1), field.size - 2)
		       : field;
}

static bool is_header_by(struct text line, char separator)
{
	struct text fields[CSV_FIELDS_MAX];
	struct cel_columns columns = {0};
	size_t count = 0;

	while (count < CSV_FIELDS_MAX && text_split(&line, separator, &fields[count])) {
		fields[count] = cel_columns_unquoted(fields[count]);
		count++;
	}
	return cel_columns_header(fields, count, &columns);
}

/* The separator by which @line is a header row; NUL: it is not one. */
static char header_separator(struct text line)
{
	static const char separators[] = {',', '\t', ';', '|'};

	if (line.size > 0 && line.data[line.size - 1] == '\r') {
		line.size--;
	}
	for (size_t i = 0; i < sizeof(separators); i++) {
		if (is_header_by(line, separators[i])) {
			return separators[i];
		}
	}
	return '\0';
}

bool cel_columns_is_header(struct text line)
{
	return header_separator(line) != '\0';
}

void cel_columns_guess(struct text beginning, struct cel_columns *columns)
{
	struct text line;
	char separator;

	columns->dialect = csv_plain;
	columns->json = beginning.size > 0 && beginning.data[0] == '{';
	if (columns->json) {
		columns->dialect = (struct csv_dialect){.separator = '\n'};
	}
	if (columns->json || !text_split(&beginning, '\n', &line)) {
		return;
	}
	separator = header_separator(line);
	if (separator) {
		columns->dialect.separator = separator;
	}
	/* Asterisk puts quotes around what it separates by tabs; databases do not. */
	if (separator == '\t' && beginning.size > 0 && beginning.data[0] != '"') {
		columns->dialect = (struct csv_dialect){.separator = '\t', .backslashes = true};
	}
}

int cel_columns_check(const struct cel_columns *columns, struct error *err)
{
	const char *missing = NULL;

	if (columns->place[CEL_EVENT_TYPE] < 0) {
		missing = "eventtype";
	} else if (columns->place[CEL_EVENT_TIME] < 0) {
		missing = "eventtime";
	} else if (columns->place[CEL_LINKED_ID] < 0 && columns->place[CEL_UNIQUE_ID] < 0) {
		missing = "linkedid (or uniqueid)";
	}
	if (missing) {
		return error_set(err, ERROR_INVALID,
			"the columns lack %s, without which no call can be told: record it in "
			"cel_custom.conf",
			missing);
	}
	return 0;
}
