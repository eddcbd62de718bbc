/* SPDX-License-Identifier: MIT
 * Columns and rows of Asterisk's call detail records. */
#include "intake/sources/asterisk/cdr_record.h"

#include <stdio.h>

#include "base/array.h"
#include "base/hash.h"
#include "call/call.h"
#include "intake/sources/asterisk/cel_columns.h"
#include "intake/sources/asterisk/cel_time.h"

#define SECOND_US     INT64_C(1000000)
#define PLAIN_COLUMNS 16 /* of cdr_csv, before those that settings add */
#define NEW_COLUMNS   3	 /* that newcdrcolumns adds */
#define DURATION_MAX  INT64_C(31536000)

/* ---- columns ---- */

/* What cdr_custom's variables, and the tables of the cdr modules, call them. */
static const struct {
	enum cdr_field field;
	const char *names[3];
} names[] = {
	{CDR_ACCOUNT, {"accountcode", "acctcode"}},
	{CDR_SRC, {"src"}},
	{CDR_DST, {"dst"}},
	{CDR_CONTEXT, {"dcontext"}},
	{CDR_CLID, {"clid"}},
	{CDR_CHANNEL, {"channel"}},
	{CDR_DST_CHANNEL, {"dstchannel"}},
	{CDR_APP, {"lastapp"}},
	{CDR_APP_DATA, {"lastdata"}},
	{CDR_START, {"start", "calldate"}},
	{CDR_ANSWER, {"answer"}},
	{CDR_END, {"end"}},
	{CDR_DURATION, {"duration"}},
	{CDR_BILLSEC, {"billsec"}},
	{CDR_DISPOSITION, {"disposition"}},
	{CDR_AMA_FLAGS, {"amaflags"}},
	{CDR_UNIQUE_ID, {"uniqueid"}},
	{CDR_USER_FIELD, {"userfield"}},
	{CDR_PEER_ACCOUNT, {"peeraccount"}},
	{CDR_LINKED_ID, {"linkedid"}},
	{CDR_SEQUENCE, {"sequence"}},
	{CDR_DID, {"did"}},
};

static void clear(struct cdr_columns *columns)
{
	*columns = (struct cdr_columns){.dialect = csv_plain};
	for (int field = 0; field < CDR_FIELDS; field++) {
		columns->place[field] = -1;
	}
}

static void add_name(struct cdr_columns *columns, struct text name)
{
	int place = (int)columns->width++;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		for (size_t k = 0; k < COUNT_OF(names[i].names) && names[i].names[k]; k++) {
			if (text_equal_ascii_case(name, text_of(names[i].names[k])) &&
				columns->place[names[i].field] < 0) {
				columns->place[names[i].field] = place;
			}
		}
	}
}

static bool read_header(struct text line, char separator, struct cdr_columns *columns)
{
	struct text name;

	clear(columns);
	while (columns->width < CSV_FIELDS_MAX && text_split(&line, separator, &name)) {
		add_name(columns, cel_columns_unquoted(name));
	}
	columns->has_header = true;
	columns->dialect.separator = separator;
	return columns->place[CDR_DST] >= 0 && columns->place[CDR_DISPOSITION] >= 0 &&
	       columns->place[CDR_START] >= 0;
}

bool cdr_columns_header(struct text line, struct cdr_columns *ret_columns)
{
	static const char separators[] = {',', '\t', ';', '|'};
	struct cdr_columns columns;

	for (size_t i = 0; i < sizeof(separators); i++) {
		if (read_header(text_trim(line), separators[i], &columns)) {
			if (ret_columns) {
				*ret_columns = columns;
			}
			return true;
		}
	}
	return false;
}

void cdr_columns_guess(struct text beginning, struct cdr_columns *ret_columns)
{
	struct text line = TEXT("");

	text_split(&beginning, '\n', &line);
	if (!cdr_columns_header(line, ret_columns)) {
		clear(ret_columns);
		return;
	}
	/* Databases put no quotes around what they separate by tabs. */
	if (ret_columns->dialect.separator == '\t' &&
		(beginning.size == 0 || beginning.data[0] != '"')) {
		ret_columns->dialect = (struct csv_dialect){.separator = '\t', .backslashes = true};
	}
}

/* `pbx-1795459153.0` holds a second; what a user's field holds does not. */
static bool is_id(struct text text)
{
	int64_t second;

	return cel_clock_id_s(text, &second);
}

/* The columns of a row of cdr_csv, by their number; false where no setting gives so many. */
static bool places_of_row(struct cdr_columns *columns, const struct text *fields, size_t count)
{
	size_t more = count - PLAIN_COLUMNS;
	bool is_new = more >= NEW_COLUMNS;
	size_t ids = is_new ? more - NEW_COLUMNS : more;
	int at = PLAIN_COLUMNS;

	if (count < PLAIN_COLUMNS || ids > 2) {
		return false;
	}
	for (int field = 0; field < CDR_FIELDS; field++) {
		columns->place[field] = field < PLAIN_COLUMNS ? field : -1;
	}
	if (ids == 2 || (ids == 1 && is_id(fields[at]))) {
		columns->place[CDR_UNIQUE_ID] = at++;
		ids--;
	}
	if (ids > 0) {
		columns->place[CDR_USER_FIELD] = at++;
	}
	for (int field = CDR_PEER_ACCOUNT; is_new && field <= CDR_SEQUENCE; field++) {
		columns->place[field] = at++;
	}
	columns->width = count;
	return true;
}

/* ---- rows ---- */

static int64_t number(struct text text)
{
	struct text whole = TEXT("");
	int64_t value = 0;

	text_split(&text, '.', &whole);
	return text_to_int64(whole, &value) && value >= 0 && value <= DURATION_MAX ? value : 0;
}

static bool read_time(
	const struct cdr_record *record, enum cdr_field which, bool local, int64_t *ret_us)
{
	int64_t id_s = 0;

	cel_clock_id_s(record->field[CDR_UNIQUE_ID], &id_s);
	return cel_time_parse(record->field[which], local, id_s * SECOND_US, ret_us);
}

/* Where the end is not recorded, the length says it, and the other way round. */
static bool read_times(struct cdr_record *record, bool local)
{
	record->duration_s = number(record->field[CDR_DURATION]);
	record->answered_s = number(record->field[CDR_BILLSEC]);
	if (!read_time(record, CDR_START, local, &record->start_us)) {
		return false;
	}
	if (!read_time(record, CDR_END, local, &record->end_us) ||
		record->end_us < record->start_us) {
		record->end_us = record->start_us + record->duration_s * SECOND_US;
	} else if (record->field[CDR_DURATION].size == 0) {
		record->duration_s = (record->end_us - record->start_us) / SECOND_US;
	}
	if (!read_time(record, CDR_ANSWER, local, &record->answer_us) ||
		record->answer_us < record->start_us || record->answer_us > record->end_us) {
		bool answered = record->answered_s > 0 && record->answered_s <= record->duration_s;

		record->answer_us = answered ? record->end_us - record->answered_s * SECOND_US : 0;
	}
	return record->end_us < CALL_TIME_END * SECOND_US;
}

/* What a row and the same record in a table have in common. */
static void make_id(struct cdr_record *record)
{
	static const struct hash_key key = {{0, 0}};
	static const enum cdr_field of[] = {CDR_UNIQUE_ID, CDR_DST, CDR_CONTEXT, CDR_CHANNEL,
		CDR_DST_CHANNEL, CDR_APP, CDR_DISPOSITION};
	uint64_t hash = hash_pair(
		&key, (uint64_t)(record->start_us / SECOND_US), (uint64_t)record->duration_s);

	for (size_t i = 0; i < COUNT_OF(of); i++) {
		hash = hash_pair(&key, hash, hash_text(&key, record->field[of[i]]));
	}
	snprintf(record->id, sizeof(record->id), "cdr-%016llx", (unsigned long long)hash);
}

int cdr_record_read(struct cdr_record *record, const struct cdr_columns *columns,
	const struct text *fields, size_t count, bool local, const char **ret_reason)
{
	struct cdr_columns own = *columns;
	struct text linked;

	*ret_reason = "the row is not one of Asterisk's call detail records: it has other columns";
	if (own.has_header ? count != own.width : !places_of_row(&own, fields, count)) {
		return -1;
	}
	*record = (struct cdr_record){0};
	for (int i = 0; i < CDR_FIELDS; i++) {
		struct text value = own.place[i] >= 0 ? fields[own.place[i]] : TEXT("");

		record->field[i] = value.data ? value : TEXT("");
	}
	*ret_reason = "the disposition is empty";
	if (record->field[CDR_DISPOSITION].size == 0) {
		return -1;
	}
	*ret_reason = "the start is not a time: write 2026-11-23 14:19:17, or UNIX seconds";
	if (!read_times(record, local)) {
		return -1;
	}
	linked = record->field[CDR_LINKED_ID];
	record->is_main = linked.size == 0 || text_equal(linked, record->field[CDR_UNIQUE_ID]);
	record->sequence = number(record->field[CDR_SEQUENCE]);
	make_id(record);
	return 0;
}

/* ---- what it looks like ---- */

bool cdr_looks_like(struct text text)
{
	static const char *const dispositions[] = {
		"ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION", "UNKNOWN"};
	struct text line = TEXT(""), field;

	text_split(&text, '\n', &line);
	if (cdr_columns_header(line, NULL)) {
		return true;
	}
	if (text_count(line, ',') < PLAIN_COLUMNS - 1) {
		return false;
	}
	while (text_split(&line, ',', &field)) {
		for (size_t i = 0; i < COUNT_OF(dispositions); i++) {
			if (field.size > 2 && field.data[0] == '"' &&
				text_equal_string(cel_columns_unquoted(field), dispositions[i])) {
				return true;
			}
		}
	}
	return false;
}
