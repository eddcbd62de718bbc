/* SPDX-License-Identifier: MIT
 * Any bytes as a cel_custom.conf: a column's place is always within the row's width. Then as a log
 * in the dialect that it says, cut in two: the cut changes nothing. */
#include "fuzz_target.h"

#include "intake/sources/asterisk/cel_columns.h"

struct seen {
	uint64_t records, rejects, hash;
};

static int see_record(
	void *context, const struct text *fields, size_t count, uint64_t line, struct error *err)
{
	struct seen *seen = context;

	(void)err;
	fuzz_require(count > 0 && count <= CSV_FIELDS_MAX);
	seen->records++;
	for (size_t i = 0; i < count; i++) {
		fuzz_require(fields[i].data || fields[i].size == 0);
		for (size_t j = 0; j < fields[i].size; j++) {
			seen->hash = seen->hash * 31 + (unsigned char)fields[i].data[j];
		}
		seen->hash = seen->hash * 31 + line;
	}
	return 0;
}

static void see_reject(void *context, uint64_t line, const char *error)
{
	struct seen *seen = context;

	(void)line;
	(void)error;
	seen->rejects++;
}

static struct seen read_cut(const struct csv_dialect *dialect, struct text text, size_t cut)
{
	struct seen seen = {0};
	struct csv_reader reader;

	csv_init(&reader, dialect, &(struct csv_handler){see_record, see_reject, &seen});
	fuzz_require(csv_feed(&reader, text.data, cut, NULL) == 0);
	fuzz_require(csv_feed(&reader, text.data + cut, text.size - cut, NULL) == 0);
	fuzz_require(csv_end(&reader, NULL) == 0);
	csv_deinit(&reader);
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text config = {.data = (const char *)data, .size = size};
	const char *name = size % 2 ? "/var/log/Master.csv.1" : NULL;
	struct cel_columns columns;
	struct seen whole, cut;

	cel_columns_sample(&columns);
	cel_columns_guess(config, &columns);
	if (cel_columns_config(config, name, &columns, NULL) < 0 ||
		cel_columns_check(&columns, NULL) < 0) {
		return 0;
	}
	for (int field = 0; field < CEL_FIELDS; field++) {
		fuzz_require(columns.place[field] < (int)columns.width);
	}
	whole = read_cut(&columns.dialect, config, 0);
	cut = read_cut(&columns.dialect, config, size / 2);
	fuzz_require(whole.records == cut.records && whole.rejects == cut.rejects &&
		     whole.hash == cut.hash);
	return 0;
}
