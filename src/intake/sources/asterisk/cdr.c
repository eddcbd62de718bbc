/* SPDX-License-Identifier: MIT
 * The source asterisk-cdr: Asterisk's call detail records. They hold a call's header and its
 * outcome, but no steps. The records of one linkedid are gathered and handed on together. A step
 * has an id, so that neither the order of files nor importing one again matters. */
#include "base/hash.h"
#include "base/list.h"
#include "intake/sources/asterisk/cdr_record.h"
#include "intake/sources/asterisk/cel_secret.h"
#include "intake/sources/asterisk/cel_time.h"
#include "intake/sources/asterisk/cel_write.h"
#include "intake/sources/document/report.h"
#include "intake/sources/rejects.h"
#include "intake/sources/source.h"

#define CALL_BYTES_MAX	    ((size_t)2 << 20)
#define REPORT_BYTES_MAX    ((size_t)256 << 20)
#define LINE_BYTES_MAX	    ((size_t)64 << 20)
#define OPEN_BYTES_MAX	    ((size_t)64 << 20) /* of all calls that are gathered */
#define OPEN_BUCKETS	    ((size_t)1 << 14)
#define BEGINNING_BYTES_MAX ((size_t)64 << 10)

/* The records of one call. */
struct gathered {
	struct list_link by_id, by_use;
	struct arena arena;
	struct text session_id;
	struct cdr_record *first, *last; /* as they came */
};

struct source {
	struct source_sink sink;
	struct rejects rejects;
	struct csv_reader csv;
	struct cdr_columns columns;
	struct buffer beginning; /* until it is known how the input is written */
	bool begun, header_read;
	struct buffer line;
	char *system; /* may be NULL */
	char *inbound_contexts;
	bool local_times;
	struct cel_clock clock;
	struct list *calls; /* OPEN_BUCKETS of them */
	struct list by_use; /* the one that a record was added to last is at its end */
	size_t bytes;
	uint64_t rows;
};

/* ---- what a call's records say ---- */

/* The records in the order in which they began. */
static bool is_before(const struct cdr_record *a, const struct cdr_record *b)
{
	return a->start_us != b->start_us ? a->start_us < b->start_us : a->sequence < b->sequence;
}

static const struct cdr_record *find_main(const struct gathered *call)
{
	const struct cdr_record *main = NULL;

	for (const struct cdr_record *record = call->first; record; record = record->next) {
		if (record->is_main && (!main || is_before(record, main))) {
			main = record;
		}
	}
	return main;
}

/* Asterisk's own extensions: what was dialled is not told by them. */
static bool is_special(struct text exten)
{
	static const char *const special[] = {"", "s", "h", "i", "t", "T", "o", "a", "e", "~~s~~"};

	for (size_t i = 0; i < COUNT_OF(special); i++) {
		if (text_equal_string(exten, special[i])) {
			return true;
		}
	}
	return false;
}

/* `IAX2/phones` of `IAX2/phones-15945`, `203` of `Local/203@internal-00000002;1`. */
static struct text device_of(struct text channel)
{
	const char *dash = channel.size > 0 ? memrchr(channel.data, '-', channel.size) : NULL;
	struct text exten = TEXT("");

	if (text_starts_with(channel, TEXT("Local/"))) {
		channel = text_tail(channel, strlen("Local/"));
		return text_split(&channel, '@', &exten) ? exten : channel;
	}
	return dash ? text_head(channel, (size_t)(dash - channel.data)) : channel;
}

/* FreePBX records the number that was dialled from outside. Other records have the extension in
 * which the dialplan was last. */
static struct text find_dest(const struct gathered *call, const struct cdr_record *main)
{
	const struct cdr_record *exten = NULL, *channel = NULL;

	if (main->field[CDR_DID].size > 0) {
		return main->field[CDR_DID];
	}
	for (const struct cdr_record *record = call->first; record; record = record->next) {
		if (!record->is_main) {
			continue;
		}
		if (!is_special(record->field[CDR_DST]) && (!exten || is_before(record, exten))) {
			exten = record;
		}
		if (record->field[CDR_DST_CHANNEL].size > 0 &&
			(!channel || is_before(record, channel))) {
			channel = record;
		}
	}
	return exten	 ? exten->field[CDR_DST]
	       : channel ? device_of(channel->field[CDR_DST_CHANNEL])
			 : TEXT("");
}

/* `Jane Roe` of `"Jane Roe" <+12125550101>`. */
static struct text caller_name(struct text clid)
{
	struct text name = TEXT("");

	text_split(&clid, '<', &name);
	name = text_trim(name);
	return name.size >= 2 && name.data[0] == '"' && name.data[name.size - 1] == '"'
		       ? text_head(text_tail(name, 1), name.size - 2)
		       : name;
}

static bool is_inbound(const struct source *source, const struct gathered *call)
{
	for (const struct cdr_record *record = call->first; record; record = record->next) {
		if (record->is_main && (record->field[CDR_DID].size > 0 ||
					       cel_is_inbound(record->field[CDR_CONTEXT],
						       source->inbound_contexts))) {
			return true;
		}
	}
	return false;
}

/* ---- its steps ---- */

static struct report_step *add(struct report *report, const struct cdr_record *record,
	int64_t time_us, const char *class_name, struct text line, const char *word)
{
	struct report_step *step = report_add(report, time_us, class_name, "", line);

	step->event_id = report_text(report, "%s-%s", record->id, word);
	return step;
}

static void add_beginning(struct source *source, struct report *report, const struct gathered *call)
{
	const struct cdr_record *main = find_main(call);
	struct text name, dest;
	struct report_step *step;

	if (!main) {
		return; /* what began is told by another file, or not at all */
	}
	name = caller_name(main->field[CDR_CLID]);
	dest = find_dest(call, main);
	/* What is not known does not take the place of what an event log said. */
	report->dest = dest.size > 0 ? dest : report->dest;
	report->src = main->field[CDR_SRC].size > 0 ? main->field[CDR_SRC] : report->src;
	report->start_us = main->start_us;
	report->has_type = true;
	report->type = is_inbound(source, call) ? CALL_INBOUND : CALL_OUTBOUND;
	step = add(report, main, main->start_us, "info",
		report_text(report, "Dialled %.*s from %.*s%s%.*s%s", TEXT_ARG(dest),
			TEXT_ARG(main->field[CDR_SRC]), name.size ? " (" : "", TEXT_ARG(name),
			name.size ? ")" : ""),
		"start");
	step->module = TEXT("start");
	report_set(report, step, "channel", main->field[CDR_CHANNEL]);
	report_set(report, step, "caller_name", name);
	report_set(report, step, "account", main->field[CDR_ACCOUNT]);
	if (main->answer_us > 0) {
		add(report, main, main->answer_us, "event", TEXT("Answered"), "answer")->module =
			TEXT("answer");
	}
	cel_clock_start(&source->clock, main->field[CDR_UNIQUE_ID], main->start_us, main->line);
}

static const char *class_of(struct text disposition)
{
	return text_equal(disposition, TEXT("FAILED")) ||
			       text_equal(disposition, TEXT("CONGESTION"))
		       ? "error"
		       : "event";
}

/* `Dial (IAX2/phones-15945): ANSWERED, 15 s, billed 9 s` */
static void add_outcome(struct report *report, const struct cdr_record *record)
{
	struct text app = record->field[CDR_APP].size ? record->field[CDR_APP] : TEXT("Call");
	struct text peer = record->field[CDR_DST_CHANNEL];
	struct text disposition = record->field[CDR_DISPOSITION];
	struct text answered = record->answered_s > 0 ? report_text(report, ", billed %lld s",
								(long long)record->answered_s)
						      : TEXT("");
	struct report_step *step = add(report, record, record->end_us, class_of(disposition),
		report_text(report, "%.*s%s%.*s%s: %.*s, %lld s%.*s", TEXT_ARG(app),
			peer.size ? " (" : "", TEXT_ARG(peer), peer.size ? ")" : "",
			TEXT_ARG(disposition), (long long)record->duration_s, TEXT_ARG(answered)),
		"outcome");

	step->module = record->field[CDR_APP].size ? record->field[CDR_APP] : TEXT("cdr");
	report_set(report, step, "disposition", disposition);
	report_set_number(report, step, "duration_s", record->duration_s);
	report_set_number(report, step, "answered_s", record->answered_s);
	report_set(report, step, "peer", peer);
	report_set(report, step, "exten", record->field[CDR_DST]);
	report_set(report, step, "context", record->field[CDR_CONTEXT]);
	report_set(report, step, "appdata", record->field[CDR_APP_DATA]);
	report_set(report, step, "user_field", record->field[CDR_USER_FIELD]);
	if (!record->is_main) {
		report_set(report, step, "channel", record->field[CDR_CHANNEL]);
	}
}

static void hand_over(struct source *source, const struct gathered *call)
{
	AUTO(arena_deinit) struct arena arena;
	struct report report;
	struct error err;

	arena_init(&arena, REPORT_BYTES_MAX);
	report_init(&report, &arena);
	report.session_id = source->system ? report_text(&report, "%s-%.*s", source->system,
						     TEXT_ARG(call->session_id))
					   : call->session_id;
	report.state = EVENT_LINE_ENDED;
	add_beginning(source, &report, call);
	for (const struct cdr_record *record = call->first; record; record = record->next) {
		add_outcome(&report, record);
	}
	buffer_clear(&source->line);
	if (report_write(&report, &source->line, &err) < 0) {
		rejects_add(&source->rejects, call->first->line, TEXT(""), "%s", err.message);
		return;
	}
	source->sink.events(source->sink.context, buffer_text(&source->line), call->first->line);
}

/* ---- gathering ---- */

static struct list *bucket(struct source *source, struct text id)
{
	static const struct hash_key key = {{0, 0}};

	return &source->calls[hash_text(&key, id) % OPEN_BUCKETS];
}

static struct gathered *find_call(struct source *source, struct text id)
{
	LIST_EACH(struct gathered, call, bucket(source, id), by_id) {
		if (text_equal(call->session_id, id)) {
			return call;
		}
	}
	return NULL;
}

static void drop_call(struct source *source, struct gathered *call)
{
	source->bytes -= call->arena.used_bytes;
	list_remove(bucket(source, call->session_id), &call->by_id);
	list_remove(&source->by_use, &call->by_use);
	arena_deinit(&call->arena);
	free(call);
}

static void hand_over_first(struct source *source)
{
	struct gathered *call = CONTAINER_OF(source->by_use.first, struct gathered, by_use);

	if (call->first) {
		hand_over(source, call);
	}
	drop_call(source, call);
}

static struct gathered *open_call(struct source *source, struct text id)
{
	struct gathered *call = calloc(1, sizeof(*call));

	if (!call) {
		return NULL;
	}
	arena_init(&call->arena, CALL_BYTES_MAX);
	call->session_id = arena_copy(&call->arena, id);
	if (!call->session_id.data) {
		free(call);
		return NULL;
	}
	list_append(bucket(source, call->session_id), &call->by_id);
	list_append(&source->by_use, &call->by_use);
	source->bytes += call->arena.used_bytes;
	return call;
}

static bool has_record(const struct gathered *call, const struct cdr_record *like)
{
	for (const struct cdr_record *record = call->first; record; record = record->next) {
		if (strcmp(record->id, like->id) == 0) {
			return true;
		}
	}
	return false;
}

/* Copies @record, without passwords; NULL: the call has too many records. */
static struct cdr_record *copy_record(struct arena *arena, const struct cdr_record *record)
{
	struct cdr_record *copy = arena_calloc(arena, 1, sizeof(*copy));

	if (!copy) {
		return NULL;
	}
	*copy = *record;
	for (int i = 0; i < CDR_FIELDS; i++) {
		struct text value = record->field[i];

		if (i == CDR_APP_DATA) {
			value = cel_secret_hide(arena, record->field[CDR_APP], value);
		} else if (i == CDR_USER_FIELD) {
			value = cel_secret_hide(arena, TEXT(""), value);
		}
		copy->field[i] = value.data ? arena_copy(arena, value) : value;
		if (!copy->field[i].data) {
			return NULL;
		}
	}
	return copy;
}

static void add_record(
	struct source *source, struct gathered *call, const struct cdr_record *record)
{
	size_t before = call->arena.used_bytes;
	struct cdr_record *copy;

	if (has_record(call, record)) {
		return;
	}
	copy = copy_record(&call->arena, record);
	source->bytes += call->arena.used_bytes - before;
	if (!copy) {
		rejects_add(&source->rejects, record->line, call->session_id,
			"the call's records are more than %zu MiB: this one is left out",
			CALL_BYTES_MAX >> 20);
		return;
	}
	*(call->last ? &call->last->next : &call->first) = copy;
	call->last = copy;
}

/* The linkedid, else the uniqueid; a record without ids is a call for itself. */
static struct text session_of(const struct cdr_record *record, struct arena *arena)
{
	const struct text *field = record->field;

	if (field[CDR_LINKED_ID].size > 0 || field[CDR_UNIQUE_ID].size > 0) {
		return field[CDR_LINKED_ID].size > 0 ? field[CDR_LINKED_ID] : field[CDR_UNIQUE_ID];
	}
	return arena_printf(arena, "%lld-%.*s", (long long)(record->start_us / 1000000),
		TEXT_ARG(field[CDR_CHANNEL]));
}

static void take_row(struct source *source, const struct text *fields, size_t count, uint64_t line)
{
	AUTO(arena_deinit) struct arena arena;
	struct cdr_record record;
	struct gathered *call;
	struct text session_id;
	const char *reason;

	arena_init(&arena, CSV_RECORD_MAX + 4096);
	if (cdr_record_read(
		    &record, &source->columns, fields, count, source->local_times, &reason) < 0) {
		rejects_add_words(&source->rejects, line, reason);
		return;
	}
	record.line = line;
	session_id = session_of(&record, &arena);
	call = session_id.data ? find_call(source, session_id) : NULL;
	call = call || !session_id.data ? call : open_call(source, session_id);
	if (!call) {
		rejects_add_words(&source->rejects, line, "out of memory");
		return;
	}
	source->rows++;
	add_record(source, call, &record);
	list_remove(&source->by_use, &call->by_use);
	list_append(&source->by_use, &call->by_use);
	while (source->bytes > OPEN_BYTES_MAX) {
		hand_over_first(source);
	}
}

static int take_record(
	void *context, const struct text *fields, size_t count, uint64_t line, struct error *err)
{
	struct source *source = context;

	(void)err;
	if (source->columns.has_header && !source->header_read) {
		source->header_read = true;
	} else {
		take_row(source, fields, count, line);
	}
	return 0;
}

static void take_reject(void *context, uint64_t line, const char *error)
{
	struct source *source = context;

	rejects_add_words(&source->rejects, line, error);
}

/* ---- the source ---- */

static void cdr_close(struct source *source)
{
	if (!source) {
		return;
	}
	LIST_EACH(struct gathered, call, &source->by_use, by_use) {
		drop_call(source, call);
	}
	csv_deinit(&source->csv);
	buffer_deinit(&source->beginning);
	buffer_deinit(&source->line);
	free(source->calls);
	free(source->system);
	free(source->inbound_contexts);
	free(source);
}
AUTO_POINTER(struct source *, cdr_close);

static int cdr_open(struct source **ret_source, const struct source_input *input,
	const struct source_sink *sink, struct error *err)
{
	AUTO(cdr_closep) struct source *source = calloc(1, sizeof(*source));
	const char *contexts = source_option(input, "inbound-contexts");
	const char *system = source_option(input, "system");

	if (!source) {
		return error_no_memory(err);
	}
	source->sink = *sink;
	source->local_times = source_option(input, "zone") != NULL;
	csv_init(&source->csv, &csv_plain, &(struct csv_handler){take_record, take_reject, source});
	buffer_init(&source->beginning, SIZE_MAX / 2);
	buffer_init(&source->line, LINE_BYTES_MAX);
	source->calls = calloc(OPEN_BUCKETS, sizeof(*source->calls));
	source->inbound_contexts = strdup(contexts ? contexts : CEL_INBOUND_CONTEXTS);
	source->system = system ? strdup(system) : NULL;
	if (!source->calls || !source->inbound_contexts || (system && !source->system)) {
		return error_no_memory(err);
	}
	*ret_source = source;
	source = NULL;
	return 0;
}

static int begin(struct source *source, struct error *err)
{
	struct text beginning = buffer_text(&source->beginning);

	source->begun = true;
	cdr_columns_guess(source_skip_blank(beginning), &source->columns);
	csv_deinit(&source->csv);
	csv_init(&source->csv, &source->columns.dialect,
		&(struct csv_handler){take_record, take_reject, source});
	if (csv_feed(&source->csv, beginning.data, beginning.size, err) < 0) {
		return -1;
	}
	buffer_deinit(&source->beginning);
	return 0;
}

/* Whether a line and the first byte after it are there, or so much that there is no line. */
static bool is_enough(struct text beginning)
{
	const char *feed = beginning.size ? memchr(beginning.data, '\n', beginning.size) : NULL;

	return (feed && feed + 1 < beginning.data + beginning.size) ||
	       beginning.size >= BEGINNING_BYTES_MAX;
}

static int cdr_feed(struct source *source, const char *data, size_t size, struct error *err)
{
	if (source->begun) {
		return csv_feed(&source->csv, data, size, err);
	}
	buffer_append(&source->beginning, (struct text){.data = data, .size = size});
	if (source->beginning.failed) {
		return error_no_memory(err);
	}
	return is_enough(source_skip_blank(buffer_text(&source->beginning))) ? begin(source, err)
									     : 0;
}

static int cdr_end(struct source *source, struct error *err)
{
	char warning[CEL_CLOCK_WARNING_SIZE];

	if ((!source->begun && begin(source, err) < 0) || csv_end(&source->csv, err) < 0) {
		return -1;
	}
	while (source->by_use.first) {
		hand_over_first(source);
	}
	rejects_tell(&source->rejects, &source->sink);
	if (cel_clock_warning(&source->clock, source->local_times, warning)) {
		source->sink.warn(source->sink.context, warning);
	}
	if (source->rows == 0 && source->rejects.count > 0) {
		return error_set(err, ERROR_INVALID,
			"no call was found: none of its rows could be read as one of Asterisk's "
			"call detail records");
	}
	if (source->rows == 0) {
		source->sink.warn(source->sink.context, "no call was found: it has no rows");
	}
	return 0;
}

const struct source_format source_asterisk_cdr = {
	.name = "asterisk-cdr",
	.foreign = "Asterisk's call detail records",
	.looks_like = cdr_looks_like,
	.options = {"inbound-contexts", "system", "zone"},
	.in_parts = true,
	.shape = STREAM_NDJSON,
	.open = cdr_open,
	.feed = cdr_feed,
	.end = cdr_end,
	.close = cdr_close,
};
