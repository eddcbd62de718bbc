/* SPDX-License-Identifier: MIT
 * The columns that a cel_custom.conf gives a file: by an expression in [mappings], or by a section
 * of the file's own. */
#include "intake/sources/asterisk/cel_columns.h"

#include <stdio.h>

#define MAPPINGS_MAX 64

struct mapping {
	struct text file;
	struct text columns;
	bool has_section; /* columns are names; otherwise expressions */
	struct text format, separator, quote, escape;
};

struct mappings {
	struct mapping list[MAPPINGS_MAX];
	size_t count;
};

/* ---- columns ---- */

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

/* `STRFTIME(${eventtime},UTC,…)` is eventtime, written in UTC whatever the zone of the rest. */
static void undo_strftime(struct text *name, bool *ret_utc)
{
	struct text inside = *name, empty, zone;

	if (!strip(&inside, "${STRFTIME(", ")}") || !strip(&inside, "${eventtime}", "")) {
		return;
	}
	*name = TEXT("${eventtime}");
	*ret_utc = text_split(&inside, ',', &empty) && text_split(&inside, ',', &zone) &&
		   (text_equal(text_trim(zone), TEXT("UTC")) ||
			   text_equal(text_trim(zone), TEXT("GMT")));
}

/* `${CSV_QUOTE(${CHANNEL(exten)})}`, `"${CHANNEL(exten)}"` and `${CHANNEL(exten)}` are
 * `CHANNEL(exten)`; a literal has no name; an expression of several variables is one that is not
 * known. */
static struct text expression_name(struct text expression, bool *ret_utc)
{
	struct text whole = text_trim(expression), name = whole;

	strip(&name, "\"", "\"");
	strip(&name, "${CSV_QUOTE(", ")}");
	name = text_trim(name);
	undo_strftime(&name, ret_utc);
	if (!memmem(name.data, name.size, "${", 2)) {
		return TEXT("");
	}
	if (!strip(&name, "${", "}") || memchr(name.data, '$', name.size)) {
		return whole;
	}
	return name;
}

/* `EventTime(int64)` and `EventTime` are EventTime; `"My Literal"` has no name. */
static struct text field_name(struct text field)
{
	struct text name = text_trim(field);
	const char *bracket = name.size ? memchr(name.data, '(', name.size) : NULL;

	if (name.size > 0 && (name.data[0] == '"' || name.data[0] == '\'')) {
		return TEXT("");
	}
	return bracket ? text_trim(text_head(name, (size_t)(bracket - name.data))) : name;
}

/* Takes what stands before the next comma outside of braces, brackets and quotes off the front of
 * @rest. */
static bool split_expression(struct text *rest, struct text *ret_part)
{
	bool literal = false;
	int depth = 0;
	size_t at = 0;

	if (!rest->data) {
		return false;
	}
	for (; at < rest->size && (depth > 0 || literal || rest->data[at] != ','); at++) {
		char byte = rest->data[at];

		literal ^= byte == '"' && depth == 0;
		depth += byte == '{' || byte == '(';
		depth -= (byte == '}' || byte == ')') && depth > 0;
	}
	*ret_part = text_head(*rest, at);
	*rest = at < rest->size ? text_tail(*rest, at + 1) : (struct text){0};
	return true;
}

static void add_columns(struct cel_columns *columns, const struct mapping *mapping)
{
	struct text rest = mapping->columns, part;

	while (split_expression(&rest, &part)) {
		bool utc = false;
		struct text name =
			mapping->has_section ? field_name(part) : expression_name(part, &utc);

		columns->utc |= utc;
		cel_columns_add(columns, name);
	}
}

/* ---- how they are written ---- */

/* `;`, `\;` or `\t`; @otherwise where nothing is said. */
static char character(struct text value, char otherwise)
{
	if (value.size == 0) {
		return otherwise;
	}
	if (value.size == 1 || value.data[0] != '\\') {
		return value.data[0];
	}
	return value.data[1] == 't' ? '\t' : value.data[1];
}

static void set_dialect(struct cel_columns *columns, const struct mapping *mapping)
{
	struct csv_dialect *dialect = &columns->dialect;

	columns->json = text_equal_ascii_case(mapping->format, TEXT("json"));
	if (columns->json) {
		*dialect = (struct csv_dialect){.separator = '\n'};
		return;
	}
	dialect->separator = character(mapping->separator, ',');
	dialect->quote = character(mapping->quote, '"');
	dialect->escape = character(mapping->escape, dialect->quote);
}

/* ---- the file ---- */

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

/* `key = value` or `key => value`. */
static bool split_setting(struct text line, struct text *ret_key, struct text *ret_value)
{
	struct text rest = line;

	if (!text_split(&rest, '=', ret_key) || !rest.data) {
		return false;
	}
	text_take_byte(&rest, '>');
	*ret_key = text_trim(*ret_key);
	*ret_value = text_trim(rest);
	return ret_value->size > 0;
}

static void add_mapping(struct mappings *mappings, const struct mapping *mapping)
{
	if (mapping->columns.size > 0 && mappings->count < MAPPINGS_MAX) {
		mappings->list[mappings->count++] = *mapping;
	}
}

static void take_setting(struct mapping *section, struct text key, struct text value)
{
	struct {
		const char *key;
		struct text *value;
	} settings[] = {
		{"fields", &section->columns},
		{"format", &section->format},
		{"separator_character", &section->separator},
		{"quote_character", &section->quote},
		{"quote_escape_character", &section->escape},
	};

	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		if (text_equal_ascii_case(key, text_of(settings[i].key))) {
			*settings[i].value = value;
		}
	}
}

static struct text section_name(struct text line)
{
	struct text name = text_tail(line, 1);

	return text_split(&name, ']', &line) ? text_trim(line) : TEXT("");
}

/* Passes over what stands between `;--` and `--;`. */
static bool in_block_comment(struct text line, bool *inside)
{
	bool was_inside = *inside;

	if (!was_inside && text_starts_with(line, TEXT(";--")) &&
		!text_starts_with(line, TEXT(";---"))) {
		*inside = true;
	}
	if (*inside && memmem(line.data, line.size, "--;", 3)) {
		*inside = false;
		return true;
	}
	return was_inside || *inside;
}

static void read_mappings(struct text config, struct mappings *mappings)
{
	struct mapping section = {0};
	struct text line, key, value;
	bool in_comment = false, in_mappings = false;

	while (text_split(&config, '\n', &line)) {
		if (in_block_comment(text_trim(line), &in_comment)) {
			continue;
		}
		line = without_comment(line);
		if (line.size > 0 && line.data[0] == '[') {
			add_mapping(mappings, &section);
			section = (struct mapping){.file = section_name(line), .has_section = true};
			in_mappings = text_equal(section.file, TEXT("mappings"));
		} else if (section.has_section && split_setting(line, &key, &value)) {
			if (in_mappings) {
				add_mapping(
					mappings, &(struct mapping){.file = key, .columns = value});
			} else {
				take_setting(&section, key, value);
			}
		}
	}
	add_mapping(mappings, &section);
}

/* ---- which of them ---- */

static struct text base_name(struct text path)
{
	const char *slash = path.size ? memrchr(path.data, '/', path.size) : NULL;

	return slash ? text_tail(path, (size_t)(slash - path.data) + 1) : path;
}

/* Whether the file @name is @mapping's, or what became of it: Master.csv.1, Master.csv-20261124.gz.
 */
static bool is_named(struct text name, const struct mapping *mapping)
{
	struct text file = base_name(mapping->file);

	return text_starts_with(name, file) &&
	       (name.size == file.size || memchr(".-_", name.data[file.size], 3));
}

static const struct mapping *find_mapping(const struct mappings *mappings, const char *input_name)
{
	struct text name = base_name(text_of(input_name));
	const struct mapping *found = NULL;
	size_t found_size = 0;

	for (size_t i = 0; i < mappings->count; i++) {
		const struct mapping *mapping = &mappings->list[i];

		size_t size = base_name(mapping->file).size;

		if (is_named(name, mapping) && size > found_size) {
			found = mapping;
			found_size = size;
		}
	}
	return mappings->count == 1 ? &mappings->list[0] : found;
}

static int refuse_mappings(
	const struct mappings *mappings, const char *input_name, struct error *err)
{
	char names[160] = "";
	size_t used = 0;

	if (mappings->count == 0) {
		return error_set(err, ERROR_INVALID,
			"no mapping found: a cel_custom.conf has a section [mappings] with "
			"'FILE => ${eventtype},${eventtime},…', or a section [FILE] with "
			"'fields = EventType,EventTime,…'");
	}
	for (size_t i = 0; i < mappings->count && used < sizeof(names); i++) {
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s'%.*s'",
			i ? ", " : "", TEXT_ARG(mappings->list[i].file));
	}
	return error_set(err, ERROR_INVALID,
		"there are several mappings (%s), and none is for a file named '%.*s': name the "
		"input "
		"like one, or leave one mapping in a copy of the file",
		names, TEXT_ARG(base_name(text_of(input_name ? input_name : "-"))));
}

int cel_columns_config(struct text config, const char *input_name, struct cel_columns *ret_columns,
	struct error *err)
{
	struct mappings mappings = {.count = 0};
	struct cel_columns columns;
	const struct mapping *mapping;

	read_mappings(config, &mappings);
	mapping = find_mapping(&mappings, input_name);
	if (!mapping) {
		return refuse_mappings(&mappings, input_name, err);
	}
	cel_columns_clear(&columns);
	add_columns(&columns, mapping);
	set_dialect(&columns, mapping);
	if (columns.width > CSV_FIELDS_MAX) {
		return error_set(err, ERROR_INVALID, "the mapping has more than 256 columns");
	}
	*ret_columns = columns;
	return 0;
}
