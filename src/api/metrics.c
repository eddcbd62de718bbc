/* SPDX-License-Identifier: MIT
 * GET /metrics: what the server did and holds, as Prometheus reads it. No label names an account, a
 * number, an address or a module; nothing here asks the store. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/job.h"
#include "base/array.h"
#include "metric/metric_text.h"
#include "upkeep/gauge.h"

#define BODY_MAX    ((size_t)4 << 20)
#define LABELS_SIZE 128
#define UNKNOWN	    INT64_C(-1) /* the sample is left out */
#define SECONDS_US  INT64_C(1000000)

/* All that is told but the routes. */
struct figures {
	struct http_figures http;
	struct intake_figures intake;
	struct gauge_figures store;
	struct sweeper_figures sweeps;
	int64_t started, cpu_us, resident_bytes, open_fds, max_fds;
	int64_t connections, connections_max, connections_refused;
	int64_t in_flight_bytes, disk_max;
	int64_t connections_busy, connections_idle;
	int64_t query_waiting, query_running;
	int64_t memory_bytes, memory_max_bytes, memory_waiting;
	int64_t followers, gaps;
	int64_t keys_refused, keys_limited, store_errors, query_timeouts, query_refused;
	int64_t audit_failures;
};

struct sample {
	const char *name;
	const char *type;
	const char *labels;
	const char *help; /* NULL: the family goes on */
	size_t offset;	  /* of an int64_t in struct figures */
	int64_t divisor;
};

#define FIGURE(member)	offsetof(struct figures, member), 1
#define SECONDS(member) offsetof(struct figures, member), SECONDS_US

/* clang-format off */
static const struct sample process_samples[] = {
	{"process_start_time_seconds", "gauge", "",
		"Start time of the process since unix epoch in seconds.",
		FIGURE(started)},
	{"process_cpu_seconds_total", "counter", "",
		"Total user and system CPU time spent in seconds.",
		SECONDS(cpu_us)},
	{"process_resident_memory_bytes", "gauge", "",
		"Resident memory size in bytes.",
		FIGURE(resident_bytes)},
	{"process_open_fds", "gauge", "", "Number of open file descriptors.", FIGURE(open_fds)},
	{"process_max_fds", "gauge", "",
		"Maximum number of open file descriptors.",
		FIGURE(max_fds)},
};

static const struct sample samples[] = {
	{"callstep_http_connections", "gauge", "", "Open connections.", FIGURE(connections)},
	{"callstep_http_connections_max", "gauge", "",
		"The ceiling (--connections-max).",
		FIGURE(connections_max)},
	{"callstep_http_connections_refused_total", "counter", "",
		"Connections that were not served: there were as many as may be, in all or "
		"of their address.",
		FIGURE(connections_refused)},
	{"callstep_intake_calls_total", "counter", "result=\"new\"",
		"Calls taken in, by what became of them.",
		FIGURE(intake.new_calls)},
	{"callstep_intake_calls_total", "counter", "result=\"replaced\"",
		NULL, FIGURE(intake.replaced)},
	{"callstep_intake_calls_total", "counter", "result=\"rejected\"",
		NULL, FIGURE(intake.rejected)},
	{"callstep_intake_calls_total", "counter", "result=\"expired\"",
		NULL, FIGURE(intake.expired)},
	{"callstep_intake_steps_total", "counter", "",
		"Steps of the calls taken in.",
		FIGURE(intake.steps)},
	{"callstep_intake_bytes_total", "counter", "",
		"JSON bytes of the calls taken in.",
		FIGURE(intake.bytes)},
	{"callstep_intake_in_flight_bytes", "gauge", "",
		"Bytes read but not yet durable.",
		FIGURE(in_flight_bytes)},
	{"callstep_intake_commit_failures_total", "counter", "",
		"Group commits that failed; nothing of them is stored.",
		FIGURE(intake.commit_failures)},
	{"callstep_intake_last_call_timestamp_seconds", "gauge", "",
		"When a call was last made durable; 0: not since the start.",
		FIGURE(intake.last_call)},
	{"callstep_store_bytes", "gauge", "part=\"database\"",
		"Bytes that the store takes of the disk.",
		FIGURE(store.used_bytes)},
	{"callstep_store_bytes", "gauge", "part=\"log\"", NULL, FIGURE(store.log_bytes)},
	{"callstep_store_bytes", "gauge", "part=\"free\"", NULL, FIGURE(store.free_bytes)},
	{"callstep_store_max_bytes", "gauge", "",
		"The cap (--disk-max); 0 without one.",
		FIGURE(disk_max)},
	{"callstep_store_disk_available_bytes", "gauge", "",
		"What the file system of the embedded store has left.",
		FIGURE(store.available_bytes)},
	{"callstep_store_errors_total", "counter", "",
		"Answers 500 and 503 that the store is to blame for.",
		FIGURE(store_errors)},
	{"callstep_store_connections", "gauge", "state=\"busy\"",
		"Connections to PostgreSQL, by state.",
		FIGURE(connections_busy)},
	{"callstep_store_connections", "gauge", "state=\"idle\"", NULL, FIGURE(connections_idle)},
	{"callstep_query_waiting", "gauge", "",
		"Questions of /v1 that wait for a worker.",
		FIGURE(query_waiting)},
	{"callstep_query_running", "gauge", "",
		"Questions of /v1 that a worker is at.",
		FIGURE(query_running)},
	{"callstep_query_timeouts_total", "counter", "",
		"Questions given up after --query-time-max.",
		FIGURE(query_timeouts)},
	{"callstep_query_refused_total", "counter", "",
		"Questions answered 429 because too many waited.",
		FIGURE(query_refused)},
	{"callstep_page_memory_bytes", "gauge", "",
		"Memory of pages under way.",
		FIGURE(memory_bytes)},
	{"callstep_page_memory_max_bytes", "gauge", "",
		"The ceiling (--page-memory-max).",
		FIGURE(memory_max_bytes)},
	{"callstep_page_memory_waiting", "gauge", "",
		"Requests that wait for it.",
		FIGURE(memory_waiting)},
	{"callstep_tail_followers", "gauge", "",
		"Streams of /v1/tail that are open.",
		FIGURE(followers)},
	{"callstep_tail_gaps_total", "counter", "",
		"Followers told that something was missed.",
		FIGURE(gaps)},
	{"callstep_auth_failures_total", "counter", "code=\"401\"",
		"Wrong keys, by answer.",
		FIGURE(keys_refused)},
	{"callstep_auth_failures_total", "counter", "code=\"429\"", NULL, FIGURE(keys_limited)},
	{"callstep_sweep_dropped_total", "counter", "what=\"detail\",reason=\"age\"",
		"What was dropped, and why.",
		FIGURE(sweeps.detail)},
	{"callstep_sweep_dropped_total", "counter", "what=\"calls\",reason=\"age\"",
		NULL, FIGURE(sweeps.calls)},
	{"callstep_sweep_dropped_total", "counter", "what=\"detail\",reason=\"disk\"",
		NULL, FIGURE(sweeps.cap_detail)},
	{"callstep_sweep_dropped_total", "counter", "what=\"calls\",reason=\"disk\"",
		NULL, FIGURE(sweeps.cap_calls)},
	{"callstep_sweep_last_success_timestamp_seconds", "gauge", "",
		"When a sweep last ended well; 0: not since the start.",
		FIGURE(sweeps.last_success)},
	{"callstep_sweep_failures_total", "counter", "",
		"Sweeps that failed.",
		FIGURE(sweeps.failures)},
	{"callstep_audit_failures_total", "counter", "",
		"How often records of the audit trail could not be written; they are tried "
		"again.",
		FIGURE(audit_failures)},
	{"callstep_tls_certificate_expiry_timestamp_seconds", "gauge", "",
		"When the certificate that is served ends.",
		FIGURE(http.certificate_end)},
	{"callstep_live_calls", "gauge", "",
		"Calls in progress; more than 10,000 are not counted.",
		FIGURE(store.live_calls)},
};
/* clang-format on */

static void write_samples(
	struct buffer *out, const struct sample *rows, size_t count, const struct figures *figures)
{
	for (size_t i = 0; i < count; i++) {
		const struct sample *row = &rows[i];
		int64_t value;

		memcpy(&value, (const char *)figures + row->offset, sizeof(value));
		if (row->help) {
			metric_text_family(out, row->name, row->type, row->help);
		}
		if (value != UNKNOWN) {
			metric_text_sample(out, row->name, row->labels, value, row->divisor);
		}
	}
}

/* ---- gathering ---- */

static int64_t count_fds(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int64_t count = -3; /* `.`, `..` and the folder's own are not counted */

	if (!folder) {
		return UNKNOWN;
	}
	while (readdir(folder)) {
		count++;
	}
	closedir(folder);
	return count;
}

static int64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	char line[128];
	const char *resident;
	char *end;
	long long pages;

	if (!file) {
		return UNKNOWN;
	}
	/* proc(5): size, resident and more, in pages */
	resident = fgets(line, sizeof(line), file) ? strchr(line, ' ') : NULL;
	fclose(file);
	if (!resident) {
		return UNKNOWN;
	}
	pages = strtoll(resident, &end, 10);
	return *end == ' ' ? pages * sysconf(_SC_PAGESIZE) : UNKNOWN;
}

static int64_t microseconds(const struct timeval *time)
{
	return time->tv_sec * SECONDS_US + time->tv_usec;
}

static void gather_process(const struct api *api, struct figures *figures)
{
	struct rusage usage;
	struct rlimit limit;

	figures->started = api->started;
	figures->cpu_us = getrusage(RUSAGE_SELF, &usage) == 0
				  ? microseconds(&usage.ru_utime) + microseconds(&usage.ru_stime)
				  : UNKNOWN;
	figures->resident_bytes = resident_bytes();
	figures->open_fds = count_fds();
	figures->max_fds =
		getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (int64_t)limit.rlim_cur : UNKNOWN;
}

static void gather_work(struct api *api, struct figures *figures)
{
	size_t first, second;
	uint64_t gaps;

	workers_figures(api->workers, &first, &second);
	figures->query_waiting = (int64_t)first;
	figures->query_running = (int64_t)second;
	memory_figures(&api->memory, &first, &second);
	figures->memory_bytes = (int64_t)first;
	figures->memory_waiting = (int64_t)second;
	figures->memory_max_bytes = (int64_t)api->options.page_memory_max;
	tails_figures(api->tails, &first, &gaps);
	figures->followers = (int64_t)first;
	figures->gaps = (int64_t)gaps;
}

static void gather_counts(struct api *api, struct figures *figures)
{
	const struct api_counts *counts = &api->counts;

	figures->keys_refused = (int64_t)metric_read(&counts->keys_refused);
	figures->keys_limited = (int64_t)metric_read(&counts->keys_limited);
	figures->store_errors = (int64_t)metric_read(&counts->store_errors);
	figures->query_timeouts = (int64_t)metric_read(&counts->query_timeouts);
	figures->query_refused = (int64_t)metric_read(&counts->query_refused);
	figures->audit_failures =
		api->options.auditor ? (int64_t)auditor_failures(api->options.auditor) : UNKNOWN;
}

static void gather_store(struct api *api, struct figures *figures)
{
	int busy, idle;

	figures->disk_max = api->options.disk_max;
	figures->connections_busy = figures->connections_idle = 0;
	if (store_connections(api->options.store, &busy, &idle)) {
		figures->connections_busy = busy;
		figures->connections_idle = idle;
	}
	if (api->options.gauge) {
		gauge_read(api->options.gauge, &figures->store);
	}
	if (api->options.sweeper) {
		sweeper_figures(api->options.sweeper, &figures->sweeps);
	}
}

static void gather(struct api *api, struct figures *figures)
{
	gather_process(api, figures);
	gather_work(api, figures);
	gather_counts(api, figures);
	gather_store(api, figures);
	intake_figures(api->options.intake, &figures->intake);
	figures->in_flight_bytes = (int64_t)figures->intake.in_flight_bytes;
	http_server_figures(api->options.server, &figures->http);
	figures->connections = (int64_t)figures->http.connections;
	figures->connections_refused = (int64_t)figures->http.connections_refused;
	figures->connections_max = api->options.connections_max;
}

/* ---- routes ---- */

static const char *method_of(const struct http_route *route)
{
	switch (route->methods) {
	case HTTP_GET:
		return "GET";
	case HTTP_POST:
		return "POST";
	case HTTP_PATCH:
		return "PATCH";
	case HTTP_DELETE:
		return "DELETE";
	default:
		return "other";
	}
}

/* All that were counted of the routes, the last for what fits none. */
struct routes {
	const struct api *api;
	struct http_route_figures figures[API_ROUTES_MAX];
	char labels[API_ROUTES_MAX][LABELS_SIZE]; /* route and method */
};

static void gather_routes(const struct api *api, struct routes *routes)
{
	routes->api = api;
	for (size_t i = 0; i <= api->route_count; i++) {
		const struct http_route *route = &api->routes[i];

		http_server_route_figures(api->options.server, i, &routes->figures[i]);
		snprintf(routes->labels[i], LABELS_SIZE, "route=\"%s\",method=\"%s\"",
			route->pattern ? route->pattern : "other", method_of(route));
	}
}

/* Each route has the count of 200 from the start, other statuses when they first came. */
static void write_requests(struct buffer *out, const struct routes *routes)
{
	static const char name[] = "callstep_http_requests_total";
	char labels[LABELS_SIZE + 16];

	metric_text_family(
		out, name, "counter", "Requests that are over, by route, method and status.");
	for (size_t i = 0; i <= routes->api->route_count; i++) {
		for (size_t k = 0; k <= HTTP_CODES; k++) {
			uint64_t count = metric_read(&routes->figures[i].codes[k]);

			if (count == 0 && (k != 0 || i == routes->api->route_count)) {
				continue;
			}
			if (k < HTTP_CODES) {
				snprintf(labels, sizeof(labels), "%s,code=\"%d\"",
					routes->labels[i], http_codes[k]);
			} else {
				snprintf(labels, sizeof(labels), "%s,code=\"none\"",
					routes->labels[i]);
			}
			metric_text_sample(out, name, labels, (int64_t)count, 1);
		}
	}
}

static void write_durations(struct buffer *out, const struct routes *routes)
{
	static const char name[] = "callstep_http_request_duration_seconds";

	metric_text_family(out, name, "histogram",
		"From the first byte of the request to the last of the answer.");
	for (size_t i = 0; i <= routes->api->route_count; i++) {
		metric_text_histogram(out, name, routes->labels[i], &http_duration_bounds,
			&routes->figures[i].duration);
	}
}

static void write_bytes(struct buffer *out, const struct routes *routes, const char *name,
	const char *help, size_t offset)
{
	metric_text_family(out, name, "counter", help);
	for (size_t i = 0; i <= routes->api->route_count; i++) {
		const char *figures = (const char *)&routes->figures[i];
		uint64_t bytes = metric_read((const _Atomic uint64_t *)(figures + offset));

		metric_text_sample(out, name, routes->labels[i], (int64_t)bytes, 1);
	}
}

static void write_ends(struct buffer *out, const struct figures *figures)
{
	static const char name[] = "callstep_http_aborted_total";
	char labels[LABELS_SIZE];

	metric_text_family(out, name, "counter", "Requests that ended without a whole answer.");
	for (size_t i = HTTP_END_WHOLE + 1; i < HTTP_ENDS; i++) {
		snprintf(labels, sizeof(labels), "reason=\"%s\"", http_end_names[i]);
		metric_text_sample(out, name, labels, (int64_t)figures->http.ends[i], 1);
	}
}

/* ---- the answer ---- */

static void write_build(struct buffer *out, const struct api *api)
{
	static const char name[] = "callstep_build_info";
	char labels[LABELS_SIZE];

	metric_text_family(out, name, "gauge", "What is running; always 1.");
	const char *revision = api->options.revision;

	snprintf(labels, sizeof(labels), "version=\"%s\",revision=\"%s\",store=\"%s\"",
		api->options.version, revision ? revision : "",
		store_is_remote(api->options.store) ? "postgres" : "sqlite");
	metric_text_sample(out, name, labels, 1, 1);
}

static void write_all(
	struct buffer *out, const struct figures *figures, const struct routes *routes)
{
	write_build(out, routes->api);
	write_samples(out, process_samples, COUNT_OF(process_samples), figures);
	write_requests(out, routes);
	write_durations(out, routes);
	write_bytes(out, routes, "callstep_http_response_bytes_total", "Bytes of bodies sent.",
		offsetof(struct http_route_figures, response_bytes));
	write_bytes(out, routes, "callstep_http_request_bytes_total", "Bytes of bodies read.",
		offsetof(struct http_route_figures, request_bytes));
	write_ends(out, figures);
	write_samples(out, samples, COUNT_OF(samples), figures);
	metric_text_family(out, "callstep_intake_commit_duration_seconds", "histogram",
		"A group commit, its fsync included.");
	metric_text_histogram(out, "callstep_intake_commit_duration_seconds", "",
		&intake_commit_bounds, &figures->intake.commits);
}

enum http_step metrics_begin(struct job *job)
{
	AUTO(buffer_deinit) struct buffer body;
	struct figures *figures = arena_calloc(&job->memory, 1, sizeof(*figures));
	struct routes *routes = arena_calloc(&job->memory, 1, sizeof(*routes));

	buffer_init(&body, BODY_MAX);
	if (!figures || !routes) {
		return answer_error(job->response, 503, "out of memory");
	}
	gather(job->api, figures);
	gather_routes(job->api, routes);
	write_all(&body, figures, routes);
	job->response->text = arena_copy(&job->request->arena, buffer_text(&body));
	if (body.failed || !job->response->text.data) {
		return answer_error(job->response, 503, "out of memory");
	}
	job->response->status = 200;
	http_response_header(job->response, "Content-Type", TEXT(METRIC_TEXT_TYPE));
	http_response_header(job->response, "Cache-Control", TEXT("no-store"));
	return HTTP_DONE;
}
