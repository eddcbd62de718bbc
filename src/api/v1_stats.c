/* SPDX-License-Identifier: MIT
 * GET /v1/stats: calls counted (API.md §2 "Finding calls"). */
#include "find/stats.h"

#include "api/job.h"
#include "api/parameters.h"

#define RESULT_BYTES ((size_t)4 << 20) /* what is claimed at first */

/* In the order of enum stats_group. */
static const char *const groups[] = {
	"time", "dest", "type", "class", "module", "variable", "outcome", "ended_by", NULL};
static const char *const buckets[] = {"minute", "hour", "day", NULL};
static const int64_t bucket_seconds[] = {60, 3600, 86400};
static const char *const values[] = {"all", "calls", NULL};

int v1_stats_ask(struct job *job, struct error *err)
{
	struct stats_question *stats = job->own;
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
	stats_write(&job->body, &result);
	return 0;
}

static bool read_parameters(struct job *job, struct stats_question *stats)
{
	size_t group = 0, bucket = 1, value = 0;
	int64_t limit = STATS_LIMIT_DEFAULT;
	struct text zone = http_query(job->request, "zone");

	if (!parameters_search(job) || !parameters_choice(job, "group", groups, &group) ||
		!parameters_choice(job, "bucket", buckets, &bucket) ||
		!parameters_choice(job, "values", values, &value) ||
		!parameters_integer(job, "limit", 1, STATS_LIMIT_MAX, &limit)) {
		return false;
	}
	stats->group = (enum stats_group)group;
	stats->bucket_seconds = bucket_seconds[bucket];
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
	struct stats_question *stats = job_own(job, sizeof(*stats));

	if (!stats || !read_parameters(job, stats)) {
		return false;
	}
	job->wanted_bytes = RESULT_BYTES;
	/* The tallies know it. */
	job->quick = stats->group == STATS_TIME && stats->calls_only &&
		     filter_is_window(&job->filter) && !stats->zone_name.data;
	return true;
}
