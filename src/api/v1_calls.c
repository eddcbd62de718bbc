/* SPDX-License-Identifier: MIT
 * GET /v1/calls (API.md §2 "Finding calls"): the calls that match a filter. They come as a page of
 * JSON, or whole as NDJSON or CSV, batch after batch. */
#include "api/body.h"
#include "api/cursor.h"
#include "api/job.h"
#include "api/parameters.h"
#include "call/call_csv.h"
#include "call/call_document.h"
#include "call/call_json.h"

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

#define FILL_SIZE	((size_t)32768)	    /* what is composed in one go */
#define SCRATCH_MAX	((size_t)128 << 20) /* more than any call */
#define ZONE_MEMORY_MAX ((size_t)1 << 20)
#define FORMULAS_MAX	((size_t)8 << 10) /* that a row of CSV for a spreadsheet is longer by */

/* The types of answer_list. */
enum format {
	FORMAT_JSON,
	FORMAT_NDJSON,
	FORMAT_CSV,
};

struct listing {
	struct job *job;
	struct body body;
	bool detail;
	struct column_order order; /* of a page */
	struct call_csv_form form; /* of CSV */
	struct text zone_name;	   /* data NULL: UTC */
	struct zone zone;
	struct arena zone_memory;
	int64_t left;			      /* calls that may still be asked for */
	int64_t asked;			      /* the limit of this batch */
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
	struct arena scratch; /* of one call's steps */
};

/* ---- composing ---- */

static int unpack(struct listing *list, const struct store_call *call, struct error *err)
{
	buffer_clear(&list->body.json);
	return call->packed.deflate.data ? body_append(&list->body, call, &list->body.json, err)
					 : 0;
}

static struct text detail_of(const struct listing *list, const struct store_call *call)
{
	return call->packed.deflate.data ? call_json_detail(buffer_text(&list->body.json))
					 : (struct text){0};
}

/* 1 there is more of the call, 0 that was its end. */
static int write_rows(struct listing *list, const struct store_call *call, struct error *err)
{
	int more;

	if (!list->detail) {
		call_csv_write_call(&list->body.chunk, &call->call, &list->form);
		return 0;
	}
	if (!list->rows_begun && unpack(list, call, err) < 0) {
		return -1;
	}
	more = call_csv_write_more(&list->body.chunk, &call->call, detail_of(list, call),
		&list->form, &list->rows, FILL_SIZE, &list->scratch, err);
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
	if (list->job->format == FORMAT_JSON && list->separated) {
		buffer_append_byte(&list->body.chunk, ',');
	}
	if (list->detail) {
		call_document_write_detail(&list->body.chunk, &call->call, detail_of(list, call));
	} else {
		call_document_write(&list->body.chunk, &call->call);
	}
	if (list->job->format == FORMAT_NDJSON) {
		buffer_append_byte(&list->body.chunk, '\n');
	}
	list->separated = true;
	return 0;
}

/* Writes the next call, or more of it: list->at moves on at its end. */
static int write_call(struct listing *list, struct error *err)
{
	const struct store_call *call = &list->batch.calls[list->at];
	int more = list->job->format == FORMAT_CSV ? write_rows(list, call, err)
						   : write_document(list, call, err);

	list->at += more == 0 ? 1 : 0;
	return more;
}

static void write_front(struct listing *list)
{
	if (list->job->format == FORMAT_JSON) {
		buffer_append(&list->body.chunk, TEXT("{\"calls\":["));
	} else if (list->job->format == FORMAT_CSV) {
		call_csv_write_header(&list->body.chunk, list->detail, &list->form);
	}
	list->front_done = true;
}

/* How many calls of the batch are given out: the one more of a page is not. */
static size_t batch_count(const struct listing *list)
{
	return list->batch.count == (size_t)list->asked && list->job->format == FORMAT_JSON
		       ? list->batch.count - 1
		       : list->batch.count;
}

static void write_end(struct listing *list)
{
	char cursor[CURSOR_TEXT_SIZE];
	size_t count = batch_count(list);

	list->end_done = true;
	if (list->job->format != FORMAT_JSON) {
		return;
	}
	buffer_printf(&list->body.chunk,
		"],\"total_calls\":%lld,\"next\":", (long long)list->total_calls);
	if (count < list->batch.count && list->order.by == COLUMN_ORDER_TIME) {
		buffer_printf(&list->body.chunk, "\"%s\"}",
			cursor_write(&list->batch.calls[count - 1].call, cursor));
	} else {
		buffer_append(&list->body.chunk, TEXT("null}"));
	}
}

static bool is_last(const struct listing *list)
{
	return list->job->format == FORMAT_JSON || list->batch.count < (size_t)list->asked ||
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
	while (list->at < count && list->body.chunk.size < FILL_SIZE) {
		if (write_call(list, err) < 0) {
			return -1;
		}
	}
	audit_calls(list->job, (int64_t)(list->at - before));
	if (list->at == count && is_last(list)) {
		write_end(list);
	}
	return 0;
}

/* Asks for the batch behind the one that is used up. */
static void ask_next(struct listing *list)
{
	const struct call *call = &list->batch.calls[list->batch.count - 1].call;
	struct store_search *search = &list->job->search;

	memcpy(list->session_id, call->session_id.data, call->session_id.size);
	search->after = (struct store_place){
		.start = call->start, .session_id = {list->session_id, call->session_id.size}};
	search->with_total = false;
	search->offset = 0;
	list->left -= (int64_t)list->batch.count;
	list->batch = (struct store_page){0};
	list->at = 0;
	list->pending = true;
	buffer_deinit(&list->body.json);
	buffer_deinit(&list->body.chunk);
	job_ask_again(list->job);
}

static int compose(struct body *body, struct error *err)
{
	struct listing *list = body->job->own;

	if (list->pending) {
		int over = job_over(list->job, err);

		if (over <= 0) {
			return over < 0 ? -1 : (int)HTTP_BODY_WAIT;
		}
		list->pending = false;
	}
	if (list->end_done) {
		return 0;
	}
	if (fill(list, err) < 0) {
		return -1;
	}
	if (list->body.chunk.size == 0 && !list->end_done) {
		ask_next(list);
	}
	return 1;
}

/* ---- asking ---- */

static int64_t batch_limit(const struct listing *list)
{
	int64_t batch = list->detail ? BATCH_DETAIL_CALLS : BATCH_CALLS;

	/* One call more tells whether a page has a next one. */
	if (list->job->format == FORMAT_JSON) {
		return list->left + 1;
	}
	return list->left < batch ? list->left : batch;
}

/* What the body comes to hold beside the batch while it is sent. */
static size_t bytes_beside(struct listing *list)
{
	struct body *body = &list->body;
	size_t size;
	size_t bytes = body_bytes(body, list->batch.calls, list->batch.count, &size);

	/* A cell of CSV doubles its quotes. A buffer doubles up to its ceiling. */
	body->json.ceiling_bytes = size + BODY_HEADER_MAX;
	body->chunk.ceiling_bytes = FILL_SIZE + BODY_HEADER_MAX +
				    (list->job->format == FORMAT_CSV ? 2 * size : size) +
				    (list->form.spreadsheet ? FORMULAS_MAX : 0);
	return bytes + body->json.ceiling_bytes + body->chunk.ceiling_bytes;
}

/* Of the first batch. */
static int load_zone(struct listing *list, struct error *err)
{
	if (!list->zone_name.data || list->form.zone) {
		return 0;
	}
	if (zone_load(&list->zone, list->zone_name, &list->zone_memory, err) < 0) {
		return error_prefix(err, "zone");
	}
	list->form.zone = &list->zone;
	return 0;
}

/* A batch that does not fit is asked for in smaller parts; a single call always fits. */
int v1_calls_ask(struct job *job, struct error *err)
{
	struct listing *list = job->own;
	struct store_search *search = &job->search;
	size_t ceiling = job->arena.ceiling_bytes;
	int done;

	if (load_zone(list, err) < 0) {
		return -1;
	}
	/* A search has its own. */
	store_view_close(&job->view);
	list->asked = batch_limit(list);
	do {
		arena_deinit(&job->arena);
		if (list->asked == 1 && job->format != FORMAT_JSON) {
			job->arena.ceiling_bytes = SIZE_MAX;
		}
		search->limit = list->asked;
		done = list->order.by == COLUMN_ORDER_TIME
			       ? store_search(job->api->options.store, search, &job->arena,
					 &list->batch, err)
			       : store_search_ordered(job->api->options.store, search, &list->order,
					 &job->arena, &list->batch, err);
	} while (done < 0 && err->code == ERROR_TOO_LARGE && job->format != FORMAT_JSON &&
		 (list->asked /= 2) > 0);
	job->arena.ceiling_bytes = ceiling;
	if (done == 0) {
		job->beside_bytes = bytes_beside(list);
		body_answer(&list->body, -1);
	}
	return done;
}

/* ---- parameters ---- */

static bool read_cursor(struct listing *list)
{
	struct job *job = list->job;
	struct text cursor = http_query(job->request, "cursor");

	if (!cursor.data) {
		return true;
	}
	if (!cursor_read(cursor, &job->memory, &job->search.after)) {
		return parameters_refuse(job, "cursor",
			"cursor: this is none: send the `next` of an answer as it is");
	}
	if (job->search.offset > 0) {
		return parameters_refuse(job, "offset",
			"offset: it is given instead of cursor, not together with it");
	}
	return true;
}

static bool read_spreadsheet(struct listing *list)
{
	if (!parameters_flag(list->job, "spreadsheet", &list->form.spreadsheet)) {
		return false;
	}
	return !list->form.spreadsheet || list->job->format == FORMAT_CSV ||
	       parameters_refuse(list->job, "spreadsheet",
		       "spreadsheet: it goes with text/csv alone: ask for that by Accept");
}

/* A page in another order is made of headers, and has no place to go on behind. */
static bool read_order(struct listing *list)
{
	struct job *job = list->job;
	struct text order = http_query(job->request, "order");
	struct error err;

	if (!order.data) {
		return true;
	}
	if (column_order_parse(order, &list->order, &err) < 0) {
		(void)error_prefix(&err, "order");
		return parameters_refuse_error(job, &err);
	}
	if (job->format != FORMAT_JSON || list->detail || job->search.after.session_id.data) {
		return parameters_refuse(job, "order",
			"order: it goes with application/json alone, without detail and cursor");
	}
	if (job->search.offset + list->left > STORE_ORDERED_MAX) {
		return parameters_refuse(job, "order",
			"order: such pages reach as far as 10,000 calls: take a smaller offset, or "
			"a smaller limit");
	}
	return true;
}

static bool read_zone(struct listing *list)
{
	struct job *job = list->job;
	struct text zone = http_query(job->request, "zone");

	if (!zone.data) {
		return true;
	}
	if (job->format != FORMAT_CSV) {
		return parameters_refuse(job, "zone",
			"zone: it goes with text/csv alone: other answers have UNIX seconds");
	}
	list->zone_name = arena_copy(&job->memory, zone);
	if (!list->zone_name.data) {
		answer_error(job->response, 503, "out of memory");
	}
	return list->zone_name.data != NULL;
}

static bool read_parameters(struct listing *list)
{
	struct job *job = list->job;
	bool page = job->format == FORMAT_JSON;

	list->left = page ? LIMIT_DEFAULT : INT64_MAX;
	if (!parameters_search(job) || !parameters_flag(job, "detail", &list->detail) ||
		!read_spreadsheet(list) || !read_zone(list) ||
		!parameters_integer(job, "limit", 1, page ? LIMIT_MAX : NUMBER_MAX, &list->left) ||
		!parameters_integer(job, "offset", 0, NUMBER_MAX, &job->search.offset)) {
		return false;
	}
	job->search.with_packed = list->detail;
	job->search.with_total = true;
	return read_cursor(list) && read_order(list);
}

bool v1_calls_prepare(struct job *job)
{
	struct listing *list = job_own(job, sizeof(*list));
	struct error err;

	if (!list) {
		return false;
	}
	list->job = job;
	if (!read_parameters(list)) {
		return false;
	}
	arena_init(&list->scratch, SCRATCH_MAX);
	arena_init(&list->zone_memory, ZONE_MEMORY_MAX);
	if (body_init(&list->body, job, compose, list->detail, &err) < 0) {
		answer_error(job->response, 503, "out of memory");
		return false;
	}
	/* Its zone is read from a file. */
	job->quick = filter_is_window(&job->filter) && !list->zone_name.data &&
		     list->order.by == COLUMN_ORDER_TIME;
	job->wanted_bytes = memory_guess(&job->api->memory,
		PAGE_BYTES_MIN + (size_t)batch_limit(list) *
					 (list->detail ? CALL_BYTES_GUESS : HEADER_BYTES_GUESS));
	return true;
}

/* ---- the endpoint ---- */

void v1_calls_answer(struct job *job)
{
	struct listing *list = job->own;
	char total[24];
	int size = snprintf(total, sizeof(total), "%lld", (long long)list->batch.total_calls);

	list->total_calls = list->batch.total_calls;
	http_response_header(job->response, "X-Total-Calls", (struct text){total, (size_t)size});
}

void v1_calls_release(struct job *job)
{
	struct listing *list = job->own;

	if (list) {
		body_deinit(&list->body);
		arena_deinit(&list->scratch);
		arena_deinit(&list->zone_memory);
	}
}
