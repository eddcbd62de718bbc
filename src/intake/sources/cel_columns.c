/* SPDX-License-Identifier: MIT
 * Columns of a channel event log: by cel_custom's mapping, by a header row, or in the sample's order. */
#include "intake/sources/cel_columns.h"

#define COLUMNS_MAX 256

/* Every name a field goes by; several rows may name one field. */
static const struct {
	const char *name;
	enum cel_field field;
} names[] = {
	{"eventtype", CEL_EVENT_TYPE},
	{"eventtime", CEL_EVENT_TIME},
	{"CALLERID(name)", CEL_CALLER_NAME},
	{"cid_name", CEL_CALLER_NAME},
	{"CALLERID(num)", CEL_CALLER_NUMBER},
	{"CALLERID(number)", CEL_CALLER_NUMBER},
	{"cid_num", CEL_CALLER_NUMBER},
	{"CALLERID(ANI)", CEL_ANI},
	{"cid_ani", CEL_ANI},
	{"CALLERID(RDNIS)", CEL_RDNIS},
	{"cid_rdnis", CEL_RDNIS},
	{"CALLERID(DNID)", CEL_DNID},
	{"cid_dnid", CEL_DNID},
	{"CHANNEL(exten)", CEL_EXTEN},
	{"exten", CEL_EXTEN},
	{"CHANNEL(context)", CEL_CONTEXT},
	{"context", CEL_CONTEXT},
	{"CHANNEL(channame)", CEL_CHANNEL},
	{"CHANNEL(name)", CEL_CHANNEL},
	{"CHANNEL", CEL_CHANNEL},
	{"channame", CEL_CHANNEL},
	{"CHANNEL(appname)", CEL_APP},
	{"appname", CEL_APP},
	{"CHANNEL(appdata)", CEL_APP_DATA},
	{"appdata", CEL_APP_DATA},
	{"CHANNEL(amaflags)", CEL_AMA_FLAGS},
	{"amaflags", CEL_AMA_FLAGS},
	{"CHANNEL(accountcode)", CEL_ACCOUNT},
	{"accountcode", CEL_ACCOUNT},
	{"CHANNEL(uniqueid)", CEL_UNIQUE_ID},
	{"uniqueid", CEL_UNIQUE_ID},
	{"CHANNEL(linkedid)", CEL_LINKED_ID},
	{"linkedid", CEL_LINKED_ID},
	{"BRIDGEPEER", CEL_PEER},
	{"CHANNEL(peer)", CEL_PEER},
	{"peer", CEL_PEER},
	{"CHANNEL(userfield)", CEL_USER_FIELD},
	{"userfield", CEL_USER_FIELD},
	{"userdeftype", CEL_USER_EVENT},
	{"eventextra", CEL_EXTRA},
	{"extra", CEL_EXTRA},
};

static void clear(struct cel_columns *columns)
{
	columns->width = 0;
	for (int field = 0; field < CEL_FIELDS; field++) {
		columns->place[field] = -1;
	}
}

/* Adds the next column; a name that is not known is a column that is passed over. */
static void add(struct cel_columns *columns, struct text name)
{
	size_t place = columns->width++;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (text_equal_ascii_case(name, text_of(names[i].name))) {
			if (columns->place[names[i].field] < 0) {
				columns->place[names[i].field] = (int)place;
			}
			return;
		}
	}
}

void cel_columns_sample(struct cel_columns *ret_columns)
{
	for (int field = 0; field < CEL_FIELDS; field++) {
		ret_columns->place[field] = field;
	}
	ret_columns->width = CEL_FIELDS;
}

bool cel_columns_header(const struct text *fields, size_t count, struct cel_columns *ret_columns)
{
	struct cel_columns columns;

	clear(&columns);
	for (size_t i = 0; i < count; i++) {
		add(&columns, text_trim(fields[i]));
	}
	/* A row of data cannot name both: its time is a time. */
	if (columns.place[CEL_EVENT_TYPE] < 0 || columns.place[CEL_EVENT_TIME] < 0) {
		return false;
	}
	*ret_columns = columns;
	return true;
}

static bool strip(struct text *text, const char *before, const char *after)
{
	size_t head = strlen(before), tail = strlen(after);

	if (text->size < head + tail || !text_starts_with(*text, text_of(before)) ||
		!text_equal_string(text_tail(*text, text->size - tail), after)) {
		return false;
	}
	*text = text_head(text_tail(*text, head), text->size - head - tail);
	return true;
}

/* `${CSV_QUOTE(${CHANNEL(exten)})}`, `"${CHANNEL(exten)}"` and `${CHANNEL(exten)}` are `CHANNEL(exten)`; anything
 * else, an expression of several variables for example, is a column without a known name. */
static struct text column_name(struct text expression)
{
	struct text name = text_trim(expression);

	strip(&name, "\"", "\"");
	strip(&name, "${CSV_QUOTE(", ")}");
	name = text_trim(name);
	if (!strip(&name, "${", "}") || memchr(name.data, '$', name.size)) {
		return (struct text){0};
	}
	return name;
}

/* Takes what stands before the next comma outside of braces and brackets off the front of @rest. */
static bool split_expression(struct text *rest, struct text *ret_part)
{
	int depth = 0;
	size_t at = 0;

	if (!rest->data) {
		return false;
	}
	for (; at < rest->size && (depth > 0 || rest->data[at] != ','); at++) {
		char byte = rest->data[at];

		depth += byte == '{' || byte == '(';
		depth -= (byte == '}' || byte == ')') && depth > 0;
	}
	*ret_part = text_head(*rest, at);
	*rest = at < rest->size ? text_tail(*rest, at + 1) : (struct text){0};
	return true;
}

/* `;` begins a comment unless a backslash stands before it. */
static struct text without_comment(struct text line)
{
	for (size_t i = 0; i < line.size; i++) {
		if (line.data[i] == ';' && (i == 0 || line.data[i - 1] != '\\')) {
			line.size = i;
		}
	}
	if (line.size > 0 && line.data[line.size - 1] == '\r') {
		line.size--;
	}
	return text_trim(line);
}

/* Finds the first `file => columns` of [mappings] and returns its columns; {NULL, 0} without one. */
static struct text find_mapping(struct text config)
{
	struct text line;
	bool inside = false;

	while (text_split(&config, '\n', &line)) {
		const char *equals;

		line = without_comment(line);
		if (line.size > 0 && line.data[0] == '[') {
			inside = text_starts_with(line, TEXT("[mappings]"));
			continue;
		}
		equals = inside && line.size > 0 ? memchr(line.data, '=', line.size) : NULL;
		if (equals) {
			line = text_tail(line, (size_t)(equals - line.data) + 1);
			return line.size > 0 && line.data[0] == '>' ? text_tail(line, 1) : line;
		}
	}
	return (struct text){0};
}

int cel_columns_config(struct text config, struct cel_columns *ret_columns, struct error *err)
{
	struct text mapping = find_mapping(config);
	struct text expression;
	struct cel_columns columns;

	if (!mapping.data) {
		return error_set(err, ERROR_INVALID,
			"no mapping found: a cel_custom.conf has a section [mappings] with "
			"'FILE => ${eventtype},${eventtime},…'");
	}
	clear(&columns);
	while (split_expression(&mapping, &expression)) {
		add(&columns, column_name(expression));
	}
	if (columns.width > COLUMNS_MAX) {
		return error_set(err, ERROR_INVALID, "the mapping has more than 256 columns");
	}
	*ret_columns = columns;
	return 0;
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
