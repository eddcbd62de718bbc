/* SPDX-License-Identifier: MIT
 * GET /v1/stats: calls counted (API.md §2 "Finding calls"). */
#include "find/stats.h"

#include "api/job.h"
#include "api/parameters.h"

#define RESULT_BYTES ((size_t)4 << 20) /* what is claimed at first */

#define FORMAT_CSV 1 /* of answer_table */

static const char *const buckets[] = {"minute", "hour", "day", "week", "month", NULL};
static const char *const values[] = {"all", "calls", NULL};

struct counting {
	struct stats_question question;
	int64_t groups; /* how many there are without the limit */
};

int v1_stats_ask(struct job *job, struct error *err)
{
	struct counting *counting = job->own;
	struct stats_question *stats = &counting->question;
	struct stats_result result;
	/* read where it is asked: it is a file */
	struct zone zone;

	/* Counting has its own. */
	store_view_close(&job->view);
	if (stats->zone_name.data) {
		if (zone_load(&zone, stats->zone_name, &job->arena, err) < 0) {
			return error_prefix(err, "zone");
		}
		stats->zone = &zone;
	}
	if (stats_find(job->api->options.store, &job->search, stats, &job->arena, &result, err) <
		0) {
		return -1;
	}
	counting->groups = result.entries_total;
	if (job->format == FORMAT_CSV) {
		stats_write_csv(&job->body, &result);
	} else {
		stats_write(&job->body, &result);
	}
	return 0;
}

/* A table cannot say that it was cut. */
void v1_stats_answer(struct job *job)
{
	const struct counting *counting = job->own;
	char total[24];
	int size = snprintf(total, sizeof(total), "%lld", (long long)counting->groups);

	http_response_header(job->response, "X-Total-Groups", (struct text){total, (size_t)size});
}

static bool read_groups(struct job *job, struct stats_question *stats)
{
	struct text names = http_query(job->request, "group");
	struct error err;

	if (names.data && stats_groups_parse(names, stats, &err) < 0) {
		(void)error_prefix(&err, "group");
		return parameters_refuse_error(job, &err);
	}
	return true;
}

static bool read_parameters(struct job *job, struct stats_question *stats)
{
	size_t bucket = 1, value = 0;
	int64_t limit = STATS_LIMIT_DEFAULT;
	struct text zone = http_query(job->request, "zone");

	if (!parameters_search(job) || !read_groups(job, stats) ||
		!parameters_choice(job, "bucket", buckets, &bucket) ||
		!parameters_choice(job, "values", values, &value) ||
		!parameters_integer(job, "limit", 1, STATS_LIMIT_MAX, &limit)) {
		return false;
	}
	(void)stats_bucket_parse(text_of(buckets[bucket]), &stats->bucket_seconds);
	stats->calls_only = value == 1;
	stats->limit = (size_t)limit;
	stats->zone_name = zone.data ? arena_copy(&job->memory, zone) : zone;
	if (zone.data && !stats->zone_name.data) {
		answer_error(job->response, 503, "out of memory");
		return false;
	}
	return true;
}

bool v1_stats_prepare(struct job *job)
{
	struct counting *counting = job_own(job, sizeof(*counting));
	struct stats_question *stats;

	if (!counting || !read_parameters(job, &counting->question)) {
		return false;
	}
	stats = &counting->question;
	job->wanted_bytes = RESULT_BYTES;
	/* The tallies know it. */
	job->quick = stats->group == STATS_TIME && !stats->by_two && stats->calls_only &&
		     filter_is_window(&job->filter) && !stats->zone_name.data;
	return true;
}
