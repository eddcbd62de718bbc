/* SPDX-License-Identifier: MIT
 * GET /v1/calls: the calls that match a filter, as a page of JSON, or whole as NDJSON or CSV, batch
 * after batch (API.md §2 "Finding calls"). */
#include <stdlib.h>

#include "api/answer.h"
#include "api/audit.h"
#include "api/cursor.h"
#include "api/gzip_stream.h"
#include "api/query.h"
#include "api/question.h"
#include "base/log.h"
#include "call/call_csv.h"
#include "call/call_document.h"
#include "call/call_json.h"
#include "call/pack.h"
#include "http/negotiate.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     10000
#define NUMBER_MAX    INT64_C(999999999999999999)

/* What a call is taken to need before it was read. */
#define HEADER_BYTES_GUESS ((size_t)512)
#define CALL_BYTES_GUESS   ((size_t)8192)
#define PAGE_BYTES_MIN	   ((size_t)65536)

/* Calls of a batch of a streamed result, without and with detail. */
#define BATCH_CALLS	   1000
#define BATCH_DETAIL_CALLS 250

#define FILL_SIZE    ((size_t)32768)	 /* what is composed in one go */
#define CHUNK_MAX    ((size_t)128 << 20) /* more than any call */
#define HEADER_MAX   ((size_t)16384)	 /* a call but its steps, in any format, and the end */
#define FORMULAS_MAX ((size_t)8 << 10)	 /* that a row of CSV for a spreadsheet is longer by */

/* What a list holds whatever the calls are: an inflater, and what the HTTP library copies into. */
#define LIST_BYTES ((size_t)192 << 10)

enum format {
	FORMAT_JSON,
	FORMAT_NDJSON,
	FORMAT_CSV,
};

static const char *const types[] = {"application/json", "application/x-ndjson", "text/csv", NULL};
static const char *const content_types[] = {
	"application/json", "application/x-ndjson", "text/csv; charset=utf-8; header=present"};

struct listing {
	struct question question; /* first */
	enum format format;
	bool detail;
	bool spreadsheet;		      /* of CSV */
	int64_t left;			      /* calls that may still be asked for */
	int64_t asked;			      /* the limit of the batch at hand */
	char session_id[CALL_SESSION_ID_MAX]; /* of search.after */
	struct store_page batch;
	int64_t total_calls;
	size_t at; /* the call of the batch that comes next */
	bool pending;
	bool front_done;
	bool end_done;
	bool separated;	 /* a call stands before */
	bool rows_begun; /* a call's rows are not yet written to their end */
	struct call_csv_place rows;
	struct unpacker *unpacker;
	struct gzip_stream *gzip;
	struct buffer json;   /* one call */
	struct buffer chunk;  /* what is next to go out */
	struct arena scratch; /* of one call's steps */
	size_t chunk_at;
};

/* ---- asking: on a worker's thread ---- */

static int64_t batch_limit(const struct listing *list)
{
	int64_t batch = list->detail ? BATCH_DETAIL_CALLS : BATCH_CALLS;

	/* One call more tells whether a page has a next one. */
	if (list->format == FORMAT_JSON) {
		return list->left + 1;
	}
	return list->left < batch ? list->left : batch;
}

/* What the list comes to hold beside the batch while it is sent: its buffers hold one call. */
static size_t bytes_beside(struct listing *list)
{
	size_t packed = 0, size = 0;

	for (size_t i = 0; i < list->batch.count; i++) {
		const struct packed *call = &list->batch.calls[i].packed;

		packed = call->deflate.size > packed ? call->deflate.size : packed;
		size = call->deflate.data && call->size > size ? call->size : size;
	}
	/* A cell of CSV doubles its quotes. A buffer doubles up to its ceiling. */
	list->json.ceiling_bytes = size + HEADER_MAX;
	list->chunk.ceiling_bytes = FILL_SIZE + HEADER_MAX +
				    (list->format == FORMAT_CSV ? 2 * size : size) +
				    (list->spreadsheet ? FORMULAS_MAX : 0);
	return LIST_BYTES + 2 * packed + list->json.ceiling_bytes + list->chunk.ceiling_bytes +
	       (list->gzip ? GZIP_STREAM_BYTES : 0);
}

/* A batch that does not fit is asked for in smaller parts; a single call always fits. */
static int read_batch(struct question *question, struct error *err)
{
	struct listing *list = (struct listing *)(void *)question;
	struct store_search *search = &question->search;
	size_t ceiling = question->arena.ceiling_bytes;
	int done;

	list->asked = batch_limit(list);
	do {
		arena_deinit(&question->arena);
		if (list->asked == 1 && list->format != FORMAT_JSON) {
			question->arena.ceiling_bytes = SIZE_MAX;
		}
		search->limit = list->asked;
		done = store_search(
			question->api->options.store, search, &question->arena, &list->batch, err);
	} while (done < 0 && err->code == ERROR_TOO_LARGE && list->format != FORMAT_JSON &&
		 (list->asked /= 2) > 0);
	question->arena.ceiling_bytes = ceiling;
	if (done == 0) {
		question->beside_bytes = bytes_beside(list);
	}
	return done;
}

/* ---- parameters ---- */

static bool read_cursor(
	struct listing *list, struct http_request *request, struct http_response *response)
{
	struct text cursor = http_query(request, "cursor");
	struct store_search *search = &list->question.search;

	if (!cursor.data) {
		return true;
	}
	if (!cursor_read(cursor, &request->arena, &search->after)) {
		return query_refuse(response, "cursor",
			"cursor: this is none: send the `next` of an answer as it is");
	}
	if (search->offset > 0) {
		return query_refuse(response, "offset",
			"offset: it is given instead of cursor, not together with it");
	}
	return true;
}

static bool read_spreadsheet(
	struct listing *list, struct http_request *request, struct http_response *response)
{
	if (!query_flag(request, response, "spreadsheet", &list->spreadsheet)) {
		return false;
	}
	return !list->spreadsheet || list->format == FORMAT_CSV ||
	       query_refuse(response, "spreadsheet",
		       "spreadsheet: it goes with text/csv alone: ask for that by Accept");
}

static bool read_parameters(
	struct listing *list, struct http_request *request, struct http_response *response)
{
	bool page = list->format == FORMAT_JSON;
	struct store_search *search = &list->question.search;

	list->left = page ? LIMIT_DEFAULT : INT64_MAX;
	if (!query_flag(request, response, "detail", &list->detail) ||
		!read_spreadsheet(list, request, response) ||
		!query_integer(request, response, "limit", 1, page ? LIMIT_MAX : NUMBER_MAX,
			&list->left) ||
		!query_integer(request, response, "offset", 0, NUMBER_MAX, &search->offset)) {
		return false;
	}
	search->with_packed = list->detail;
	search->with_total = true;
	return read_cursor(list, request, response);
}

static enum format read_format(struct http_request *request)
{
	int offer = negotiate_type(http_header(request, "Accept"), types);

	return offer < 0 ? FORMAT_JSON : (enum format)offer;
}

static bool init_working_memory(struct listing *list)
{
	buffer_init(&list->json, CHUNK_MAX);
	buffer_init(&list->chunk, CHUNK_MAX);
	arena_init(&list->scratch, CHUNK_MAX);
	list->unpacker = list->detail ? unpacker_create() : NULL;
	list->gzip = list->question.gzip ? gzip_stream_create() : NULL;
	/* The question itself writes no body that could be compressed. */
	return (!list->detail || list->unpacker) && (!list->question.gzip || list->gzip);
}

static struct listing *list_create(
	struct api *api, struct http_request *request, struct http_response *response)
{
	struct question *question = question_create(
		api, request, response, sizeof(struct listing), PAGE_BYTES_MIN, true);
	struct listing *list = (struct listing *)(void *)question;

	if (!list) {
		return NULL;
	}
	list->format = read_format(request);
	if (!read_parameters(list, request, response)) {
		return NULL;
	}
	if (!init_working_memory(list)) {
		answer_error(response, 503, "out of memory");
		return NULL;
	}
	question->ask = read_batch;
	question->quick = filter_is_window(&question->filter);
	question->wanted_bytes = memory_guess(&api->memory,
		PAGE_BYTES_MIN + (size_t)batch_limit(list) *
					 (list->detail ? CALL_BYTES_GUESS : HEADER_BYTES_GUESS));
	return list;
}

/* ---- composing ---- */

static int unpack(struct listing *list, const struct store_call *call, struct error *err)
{
	buffer_clear(&list->json);
	if (call->packed.deflate.data &&
		unpacker_append(list->unpacker, &call->packed, &list->json, err) < 0) {
		return error_prefix(err, "the call '%.*s'", TEXT_ARG(call->call.session_id));
	}
	return 0;
}

static struct text detail_of(const struct listing *list, const struct store_call *call)
{
	return call->packed.deflate.data ? call_json_detail(buffer_text(&list->json))
					 : (struct text){0};
}

/* 1 there is more of the call, 0 that was its end. */
static int write_rows(struct listing *list, const struct store_call *call, struct error *err)
{
	int more;

	if (!list->detail) {
		call_csv_write_call(&list->chunk, &call->call, list->spreadsheet);
		return 0;
	}
	if (!list->rows_begun && unpack(list, call, err) < 0) {
		return -1;
	}
	more = call_csv_write_more(&list->chunk, &call->call, detail_of(list, call),
		list->spreadsheet, &list->rows, FILL_SIZE, &list->scratch, err);
	list->rows_begun = more > 0;
	if (more == 0) {
		list->rows = (struct call_csv_place){0};
	}
	return more;
}

static int write_document(struct listing *list, const struct store_call *call, struct error *err)
{
	if (list->detail && unpack(list, call, err) < 0) {
		return -1;
	}
	if (list->format == FORMAT_JSON && list->separated) {
		buffer_append_byte(&list->chunk, ',');
	}
	if (list->detail) {
		call_document_write_detail(&list->chunk, &call->call, detail_of(list, call));
	} else {
		call_document_write(&list->chunk, &call->call);
	}
	if (list->format == FORMAT_NDJSON) {
		buffer_append_byte(&list->chunk, '\n');
	}
	list->separated = true;
	return 0;
}

/* Writes the next call, or more of it: list->at moves on at its end. */
static int write_call(struct listing *list, struct error *err)
{
	const struct store_call *call = &list->batch.calls[list->at];
	int more = list->format == FORMAT_CSV ? write_rows(list, call, err)
					      : write_document(list, call, err);

	list->at += more == 0 ? 1 : 0;
	return more;
}

static void write_front(struct listing *list)
{
	if (list->format == FORMAT_JSON) {
		buffer_append(&list->chunk, TEXT("{\"calls\":["));
	} else if (list->format == FORMAT_CSV) {
		call_csv_write_header(&list->chunk, list->detail, list->spreadsheet);
	}
	list->front_done = true;
}

/* How many calls of the batch are given out: the one more of a page is not. */
static size_t batch_count(const struct listing *list)
{
	return list->batch.count == (size_t)list->asked && list->format == FORMAT_JSON
		       ? list->batch.count - 1
		       : list->batch.count;
}

static void write_end(struct listing *list)
{
	char cursor[CURSOR_TEXT_SIZE];
	size_t count = batch_count(list);

	list->end_done = true;
	if (list->format != FORMAT_JSON) {
		return;
	}
	buffer_printf(
		&list->chunk, "],\"total_calls\":%lld,\"next\":", (long long)list->total_calls);
	if (count < list->batch.count) {
		buffer_printf(&list->chunk, "\"%s\"}",
			cursor_write(&list->batch.calls[count - 1].call, cursor));
	} else {
		buffer_append(&list->chunk, TEXT("null}"));
	}
}

static bool is_last(const struct listing *list)
{
	return list->format == FORMAT_JSON || list->batch.count < (size_t)list->asked ||
	       list->left == (int64_t)list->batch.count;
}

/* Puts what comes next of the batch into the chunk. */
static int fill(struct listing *list, struct error *err)
{
	size_t count = batch_count(list);
	size_t before = list->at;

	if (!list->front_done) {
		write_front(list);
	}
	while (list->at < count && list->chunk.size < FILL_SIZE) {
		if (write_call(list, err) < 0) {
			return -1;
		}
	}
	audit_calls(list->question.request, (int64_t)(list->at - before));
	if (list->at == count && is_last(list)) {
		write_end(list);
	}
	return list->chunk.failed ? error_no_memory(err) : 0;
}

/* Asks for the batch behind the one that is used up. */
static void ask_next(struct listing *list)
{
	const struct call *call = &list->batch.calls[list->batch.count - 1].call;
	struct store_search *search = &list->question.search;

	memcpy(list->session_id, call->session_id.data, call->session_id.size);
	search->after = (struct store_place){
		.start = call->start, .session_id = {list->session_id, call->session_id.size}};
	search->with_total = false;
	search->offset = 0;
	list->left -= (int64_t)list->batch.count;
	list->batch = (struct store_page){0};
	list->at = 0;
	list->pending = true;
	buffer_deinit(&list->json);
	buffer_deinit(&list->chunk);
	question_ask_again(&list->question);
}

/* Returns 1 when the chunk has bytes to give; 0 at the end; HTTP_BODY_WAIT; -1 on failure. */
static ssize_t have_chunk(struct listing *list, struct error *err)
{
	while (list->chunk_at == list->chunk.size) {
		buffer_clear(&list->chunk);
		list->chunk_at = 0;
		if (list->pending) {
			int over = question_over(&list->question, err);

			if (over <= 0) {
				return over < 0 ? -1 : HTTP_BODY_WAIT;
			}
			list->pending = false;
		}
		if (list->end_done) {
			return 0;
		}
		if (fill(list, err) < 0) {
			return -1;
		}
		if (list->chunk.size == 0 && !list->end_done) {
			ask_next(list);
		}
	}
	return 1;
}

static ssize_t broken_off(const struct listing *list, const struct error *err)
{
	answer_log("answer-broken-off", list->question.request, err);
	return -1;
}

static ssize_t read_plain(void *context, char *to, size_t max)
{
	struct listing *list = context;
	struct error err;
	ssize_t more = have_chunk(list, &err);
	size_t size = list->chunk.size - list->chunk_at;

	if (more <= 0) {
		return more == -1 ? broken_off(list, &err) : more;
	}
	size = size < max ? size : max;
	memcpy(to, list->chunk.data + list->chunk_at, size);
	list->chunk_at += size;
	return (ssize_t)size;
}

static ssize_t read_gzip(void *context, char *to, size_t max)
{
	struct listing *list = context;
	struct error err;
	size_t got = 0;

	while (got == 0 && !gzip_stream_done(list->gzip)) {
		ssize_t more = have_chunk(list, &err);
		struct text input;

		if (more < 0) {
			return more == -1 ? broken_off(list, &err) : more;
		}
		/* Where nothing was found there is no memory to count in. */
		input = list->chunk.data ? text_tail(buffer_text(&list->chunk), list->chunk_at)
					 : TEXT("");
		got = gzip_stream_run(list->gzip, &input, more == 0, to, max);
		list->chunk_at = list->chunk.size - input.size;
	}
	return (ssize_t)got;
}

/* ---- the endpoint ---- */

static enum http_step answer(struct listing *list, struct http_response *response)
{
	char total[24];
	int size = snprintf(total, sizeof(total), "%lld", (long long)list->batch.total_calls);

	list->total_calls = list->batch.total_calls;
	response->status = 200;
	response->body = (struct http_body){
		.size = -1, .read = list->gzip ? read_gzip : read_plain, .context = list};
	http_response_header(response, "X-Total-Calls", (struct text){total, (size_t)size});
	answer_typed(response, content_types[list->format], list->gzip != NULL);
	return HTTP_DONE;
}

enum http_step v1_list_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	struct listing *list = request->user;
	int done;

	if (!list) {
		list = list_create(context, request, response);
	}
	done = list ? question_run(&list->question, response) : -1;
	if (done <= 0) {
		return done < 0 ? HTTP_DONE : HTTP_WAIT;
	}
	return answer(list, response);
}

void v1_list_release(void *context, struct http_request *request)
{
	struct listing *list = request->user;

	question_release(context, request);
	if (list) {
		unpacker_destroy(list->unpacker);
		gzip_stream_destroy(list->gzip);
		buffer_deinit(&list->json);
		buffer_deinit(&list->chunk);
		arena_deinit(&list->scratch);
	}
}
