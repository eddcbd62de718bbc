/* SPDX-License-Identifier: MIT
 * GET /v1/audit: the account's audit trail, newest first. */
#include "api/job.h"
#include "api/parameters.h"
#include "upkeep/audit_document.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000
#define PASSED_MAX    5000 /* more than one account's of a second are ever told apart */

/* What a record is taken to need before it was read: itself, and in the answer. */
#define RECORD_BYTES_GUESS ((size_t)768)
#define BYTES_MIN	   ((size_t)16384)

/* Where a page begins: behind so many records of that second. Their ids would tell how much others
 * do. */
struct place {
	int64_t time;
	int64_t passed;
};

struct wanted {
	struct store_audit_query query;
	struct place place;
};

static bool read_cursor(struct job *job, struct store_audit_query *query, struct place *place)
{
	struct text rest = http_query(job->request, "cursor");
	struct text time;

	if (!rest.data) {
		return true;
	}
	if (!text_split(&rest, '-', &time) || !rest.data || !text_to_int64(time, &place->time) ||
		!text_to_int64(rest, &place->passed) || place->passed > PASSED_MAX) {
		return parameters_refuse(job, "cursor",
			"cursor: this is none: send the `next` of an answer as it is");
	}
	query->end = query->end < place->time + 1 ? query->end : place->time + 1;
	return true;
}

static bool read_wanted(struct job *job, struct wanted *wanted)
{
	struct store_audit_query *query = &wanted->query;
	struct text action = http_query(job->request, "action");

	wanted->place.time = -1;
	*query = (struct store_audit_query){
		.account_id = job->access.account_id,
		.end = INT64_MAX,
		.action = action.data ? arena_copy(&job->memory, action) : action,
		.limit = LIMIT_DEFAULT,
	};
	if (action.data && !query->action.data) {
		answer_error(job->response, 503, "out of memory");
		return false;
	}
	return parameters_time(job, "start", &query->start) &&
	       parameters_time(job, "end", &query->end) &&
	       parameters_integer(job, "limit", 1, LIMIT_MAX, &query->limit) &&
	       read_cursor(job, query, &wanted->place);
}

bool v1_audit_prepare(struct job *job)
{
	struct wanted *wanted = job_own(job, sizeof(*wanted));

	if (!wanted || !read_wanted(job, wanted)) {
		return false;
	}
	job->wanted_bytes = memory_guess(&job->api->memory,
		BYTES_MIN +
			(size_t)(wanted->query.limit + wanted->place.passed) * RECORD_BYTES_GUESS);
	return true;
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

static void write_page(struct buffer *body, const struct store_audit *records, size_t count,
	bool more, const struct place *place)
{
	buffer_append(body, TEXT("{\"records\":["));
	for (size_t i = 0; i < count; i++) {
		buffer_append(body, i > 0 ? TEXT(",") : TEXT(""));
		audit_document_write(body, &records[i], (struct text){0});
	}
	buffer_append(body, TEXT("],\"next\":"));
	if (more) {
		buffer_printf(body, "\"%lld-%lld\"}", (long long)records[count - 1].time,
			(long long)count_passed(records, count, place));
	} else {
		buffer_append(body, TEXT("null}"));
	}
}

int v1_audit_ask(struct job *job, struct error *err)
{
	const struct wanted *wanted = job->own;
	struct store_audit_query query = wanted->query;
	size_t limit = (size_t)query.limit, passed = (size_t)wanted->place.passed;
	struct store_audit *records;
	size_t count;

	/* One more tells whether there is a next page. */
	query.limit += wanted->place.passed + 1;
	if (store_audit_list(job->api->options.store, &query, &job->arena, &records, &count, err) <
		0) {
		return -1;
	}
	passed = count < passed ? count : passed;
	count -= passed;
	/* No records are NULL, to which nothing may be added. */
	write_page(&job->body, passed > 0 ? records + passed : records,
		count > limit ? limit : count, count > limit, &wanted->place);
	return 0;
}
