/* SPDX-License-Identifier: MIT
 * GET /v1/audit: the account's audit trail, newest first. */
#include "api/access.h"
#include "api/answer.h"
#include "api/query.h"
#include "base/buffer.h"
#include "base/time_text.h"
#include "upkeep/audit_document.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000
#define PASSED_MAX    5000 /* more than one account's of a second are ever told apart */
#define RECORDS_MAX   ((size_t)16 << 20)
#define ANSWER_MAX    ((size_t)16 << 20)

static bool read_time(struct http_request *request, struct http_response *response, int64_t now,
	const char *name, int64_t *ret)
{
	struct text value = http_query(request, name);
	struct error err;

	if (!value.data || time_text_parse(value, now, ret, &err) == 0) {
		return true;
	}
	error_prefix(&err, "%s", name);
	return query_refuse_error(response, &err);
}

/* Where a page begins: behind so many records of that second. Their ids would tell how much others
 * do. */
struct place {
	int64_t time;
	int64_t passed;
};

static bool read_cursor(struct http_request *request, struct http_response *response,
	struct store_audit_query *query, struct place *place)
{
	struct text rest = http_query(request, "cursor");
	struct text time;

	if (!rest.data) {
		return true;
	}
	if (!text_split(&rest, '-', &time) || !rest.data || !text_to_int64(time, &place->time) ||
		!text_to_int64(rest, &place->passed) || place->passed > PASSED_MAX) {
		return query_refuse(response, "cursor",
			"cursor: this is none: send the `next` of an answer as it is");
	}
	query->end = query->end < place->time + 1 ? query->end : place->time + 1;
	return true;
}

static bool read_query(struct api *api, struct http_request *request,
	struct http_response *response, struct store_audit_query *query, struct place *place)
{
	int64_t now = api->options.now();

	*query = (struct store_audit_query){
		.account_id = request->account_id,
		.end = INT64_MAX,
		.action = http_query(request, "action"),
		.limit = LIMIT_DEFAULT,
	};
	return read_time(request, response, now, "start", &query->start) &&
	       read_time(request, response, now, "end", &query->end) &&
	       query_integer(request, response, "limit", 1, LIMIT_MAX, &query->limit) &&
	       read_cursor(request, response, query, place);
}

/* How many records of the last one's second were given out, those of the pages before too. */
static int64_t count_passed(
	const struct store_audit *records, size_t count, const struct place *place)
{
	int64_t time = records[count - 1].time;
	int64_t passed = time == place->time ? place->passed : 0;

	for (size_t i = count; i > 0 && records[i - 1].time == time; i--) {
		passed++;
	}
	return passed;
}

static enum http_step answer(struct http_response *response, const struct store_audit *records,
	size_t count, bool more, const struct place *place)
{
	AUTO(buffer_deinit) struct buffer body;

	buffer_init(&body, ANSWER_MAX);
	buffer_append(&body, TEXT("{\"records\":["));
	for (size_t i = 0; i < count; i++) {
		buffer_append(&body, i > 0 ? TEXT(",") : TEXT(""));
		audit_document_write(&body, &records[i], (struct text){0});
	}
	buffer_append(&body, TEXT("],\"next\":"));
	if (more) {
		buffer_printf(&body, "\"%lld-%lld\"}", (long long)records[count - 1].time,
			(long long)count_passed(records, count, place));
	} else {
		buffer_append(&body, TEXT("null}"));
	}
	return answer_json(response, 200, &body);
}

enum http_step v1_audit_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	AUTO(arena_deinit) struct arena arena;
	struct api *api = context;
	struct place place = {.time = -1};
	struct store_audit_query query;
	struct store_audit *records;
	struct error err;
	size_t count, passed;
	int64_t limit;

	arena_init(&arena, RECORDS_MAX);
	if (!access_check(api, request, response, STORE_SCOPE_ADMIN, NULL) ||
		!read_query(api, request, response, &query, &place)) {
		return HTTP_DONE;
	}
	limit = query.limit;
	query.limit += place.passed + 1; /* one more tells whether there is a next page */
	if (store_audit_list(api->options.store, &query, &arena, &records, &count, &err) < 0) {
		return answer_failure(response, &err);
	}
	passed = count < (size_t)place.passed ? count : (size_t)place.passed;
	count -= passed;
	/* No records are NULL, to which nothing may be added. */
	return answer(response, passed > 0 ? records + passed : records,
		count > (size_t)limit ? (size_t)limit : count, count > (size_t)limit, &place);
}
