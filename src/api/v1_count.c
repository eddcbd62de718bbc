/* SPDX-License-Identifier: MIT
 * GET /v1/stats and GET /v1/dropoff: calls counted (API.md §2 "Finding calls"). */
#include "api/query.h"
#include "api/question.h"
#include "find/dropoff.h"
#include "find/stats.h"

#define RESULT_BYTES ((size_t)4 << 20) /* what is claimed at first */

static const char *const groups[] = {"time", "dest", "type", "class", "module", "variable", NULL};
static const char *const buckets[] = {"minute", "hour", "day", NULL};
static const char *const values[] = {"all", "calls", NULL};

/* ---- stats ---- */

struct stats_asked {
	struct question question; /* first */
	struct stats_question stats;
	struct zone zone; /* in the question's arena, read on the worker's thread: it is a file */
};

static int ask_stats(struct question *question, struct error *err)
{
	struct stats_asked *asked = (struct stats_asked *)(void *)question;
	struct stats_result result;

	if (asked->stats.zone_name.data) {
		if (zone_load(&asked->zone, asked->stats.zone_name, &question->arena, err) < 0) {
			return error_prefix(err, "zone");
		}
		asked->stats.zone = &asked->zone;
	}
	if (stats_find(question->api->options.store, &question->search, &asked->stats,
		    &question->arena, &result, err) < 0) {
		return -1;
	}
	stats_write(&question->body, &result);
	return 0;
}

static bool read_stats(
	struct stats_asked *asked, struct http_request *request, struct http_response *response)
{
	size_t group = 0, bucket = 1, value = 0;
	int64_t limit = STATS_LIMIT_DEFAULT;

	if (!query_choice(request, response, "group", groups, &group) ||
		!query_choice(request, response, "bucket", buckets, &bucket) ||
		!query_choice(request, response, "values", values, &value) ||
		!query_integer(request, response, "limit", 1, STATS_LIMIT_MAX, &limit)) {
		return false;
	}
	if (!stats_group_parse(text_of(groups[group]), &asked->stats.group) ||
		!stats_bucket_parse(text_of(buckets[bucket]), &asked->stats.bucket_seconds)) {
		return query_refuse(response, "group", "group: it is not known");
	}
	asked->stats.calls_only = value == 1;
	asked->stats.zone_name = http_query(request, "zone");
	asked->stats.limit = (size_t)limit;
	return true;
}

static struct question *create_stats(
	struct api *api, struct http_request *request, struct http_response *response)
{
	struct question *question = question_create(
		api, request, response, sizeof(struct stats_asked), RESULT_BYTES, true);
	struct stats_asked *asked = (struct stats_asked *)(void *)question;

	if (!asked || !read_stats(asked, request, response)) {
		return NULL;
	}
	question->ask = ask_stats;
	/* The tallies know it. */
	question->quick = asked->stats.group == STATS_TIME && asked->stats.calls_only &&
			  filter_is_window(&question->filter) && !asked->stats.zone_name.data;
	return question;
}

/* ---- dropoff ---- */

struct dropoff_asked {
	struct question question; /* first */
	int64_t limit;
};

static int ask_dropoff(struct question *question, struct error *err)
{
	const struct dropoff_asked *asked = (const struct dropoff_asked *)(const void *)question;
	struct dropoff_result result;

	if (dropoff_find(question->api->options.store, &question->search, (size_t)asked->limit,
		    &question->arena, &result, err) < 0) {
		return -1;
	}
	dropoff_write(&question->body, &result);
	return 0;
}

static struct question *create_dropoff(
	struct api *api, struct http_request *request, struct http_response *response)
{
	struct question *question = question_create(
		api, request, response, sizeof(struct dropoff_asked), RESULT_BYTES, true);
	struct dropoff_asked *asked = (struct dropoff_asked *)(void *)question;

	if (!asked) {
		return NULL;
	}
	asked->limit = DROPOFF_LIMIT_DEFAULT;
	question->ask = ask_dropoff;
	return query_integer(request, response, "limit", 1, DROPOFF_LIMIT_MAX, &asked->limit)
		       ? question
		       : NULL;
}

/* ---- the endpoints ---- */

static enum http_step go_on(struct question *question, struct http_response *response)
{
	int done = question ? question_run(question, response) : -1;

	if (done <= 0) {
		return done < 0 ? HTTP_DONE : HTTP_WAIT;
	}
	return question_answer(question, response);
}

enum http_step v1_stats_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	return go_on(
		request->user ? request->user : create_stats(context, request, response), response);
}

enum http_step v1_dropoff_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	return go_on(request->user ? request->user : create_dropoff(context, request, response),
		response);
}
