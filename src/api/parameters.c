/* SPDX-License-Identifier: MIT
 * Reading parameters. */
#include "api/parameters.h"

#include "api/job.h"
#include "base/suggest.h"
#include "base/time_text.h"
#include "json/json_writer.h"

#define MEMBER_MAX ((size_t)1024)

bool parameters_refuse(struct job *job, const char *name, const char *sentence)
{
	AUTO(buffer_deinit) struct buffer member;

	buffer_init(&member, MEMBER_MAX);
	buffer_append(&member, TEXT(",\"parameter\":"));
	json_write_string(&member, text_of(name));
	answer_problem(job->response, 400, sentence, buffer_text(&member));
	return false;
}

bool parameters_refuse_error(struct job *job, const struct error *err)
{
	struct text rest = text_of(err->message);
	struct text part;
	char name[32];

	if (err->code == ERROR_NO_MEMORY || err->code == ERROR_TOO_LARGE) {
		answer_error(job->response, 503, "out of memory");
		return false;
	}
	text_split(&rest, ':', &part);
	snprintf(name, sizeof(name), "%.*s", TEXT_ARG(part));
	return parameters_refuse(job, name, err->message);
}

#define NAME_SHOWN_MAX 40 /* bytes of a name that is not known */

/* Says which parameter is meant, or where none is near which there are. */
static void refuse_name(struct job *job, const char *const *names, struct text name)
{
	struct suggestion near = {.word = name, .distance = SIZE_MAX};
	char shown[NAME_SHOWN_MAX + 1], sentence[1024];
	size_t used;

	for (size_t i = 0; names[i]; i++) {
		suggest_consider(&near, names[i]);
	}
	if (name.size == 0 || name.size > NAME_SHOWN_MAX || text_has_control(name) ||
		!text_utf8_valid(name, NULL)) {
		name = TEXT("(a name)");
	}
	snprintf(shown, sizeof(shown), "%.*s", TEXT_ARG(name));
	used = (size_t)snprintf(
		sentence, sizeof(sentence), "%s: there is no such parameter here", shown);
	if (near.found.data) {
		snprintf(sentence + used, sizeof(sentence) - used, "; did you mean '%.*s'?",
			TEXT_ARG(near.found));
	} else {
		for (size_t i = 0; names[i] && used < sizeof(sentence); i++) {
			used += (size_t)snprintf(sentence + used, sizeof(sentence) - used, "%s %s",
				i == 0 ? ": there are" : ",", names[i]);
		}
	}
	parameters_refuse(job, shown, sentence);
}

static bool is_among(const char *const *names, struct text name)
{
	for (size_t i = 0; names[i]; i++) {
		if (text_equal_string(name, names[i])) {
			return true;
		}
	}
	return false;
}

bool parameters_known(struct job *job)
{
	const char *const *names = job->endpoint->query;
	struct text name, value;
	size_t at = 0;
	int more;

	while (names && (more = http_query_next(job->request, &at, &name, &value)) != 0) {
		if (more < 0) {
			answer_error(job->response, 503, "out of memory");
			return false;
		}
		/* Nothing stands between two `&`. */
		if (name.size + value.size > 0 && !is_among(names, filter_parameter(name))) {
			refuse_name(job, names, name);
			return false;
		}
	}
	return true;
}

static int set(struct filter *filter, struct text name, struct text value, int64_t now,
	struct arena *arena, struct error *err)
{
	struct text parameter = filter_parameter(name);
	size_t i = 0;

	while (filter_parameters[i] && !text_equal_string(parameter, filter_parameters[i])) {
		i++;
	}
	if (filter_parameters[i] && !text_utf8_valid(value, NULL)) {
		return error_set(
			err, ERROR_INVALID, "%s: the value is not UTF-8", filter_parameters[i]);
	}
	return filter_set(filter, name, value, now, arena, err);
}

bool parameters_filter(struct job *job, struct arena *arena, struct filter *ret_filter)
{
	const struct api_options *options = &job->api->options;
	struct text name, value;
	struct error err;
	size_t at = 0;
	int more;

	filter_init(ret_filter);
	ret_filter->prefixes = &options->prefixes;
	while ((more = http_query_next(job->request, &at, &name, &value)) > 0) {
		if (set(ret_filter, name, value, options->now(), arena, &err) < 0) {
			return parameters_refuse_error(job, &err);
		}
	}
	if (more < 0) {
		answer_error(job->response, 503, "out of memory");
		return false;
	}
	return filter_check(ret_filter, &err) < 0 ? parameters_refuse_error(job, &err) : true;
}

/* An explanation is JSON, which is the first type of every endpoint that has one. */
static bool read_explain(struct job *job)
{
	if (!parameters_flag(job, "explain", &job->explains)) {
		return false;
	}
	return !job->explains || job->format == 0
		       ? true
		       : parameters_refuse(job, "explain",
				 "explain: an explanation is JSON: ask for application/json");
}

bool parameters_search(struct job *job)
{
	if (!parameters_filter(job, &job->memory, &job->filter)) {
		return false;
	}
	job->filter.start = retention_start(&job->retention, job->filter.start);
	job->search = (struct store_search){
		.account_id = job->access.account_id,
		.filter = &job->filter,
		.detail_after = job->retention.detail_after,
	};
	return read_explain(job);
}

bool parameters_time(struct job *job, const char *name, int64_t *ret)
{
	struct text value = http_query(job->request, name);
	struct error err;

	if (!value.data || time_text_parse(value, job->api->options.now(), ret, &err) == 0) {
		return true;
	}
	error_prefix(&err, "%s", name);
	return parameters_refuse_error(job, &err);
}

bool parameters_integer(struct job *job, const char *name, int64_t min, int64_t max, int64_t *ret)
{
	struct text value = http_query(job->request, name);
	char sentence[160];
	int64_t number;

	if (!value.data) {
		return true;
	}
	if (text_to_int64(value, &number) && number >= min && number <= max) {
		*ret = number;
		return true;
	}
	snprintf(sentence, sizeof(sentence), "%s: an integer from %lld to %lld is expected", name,
		(long long)min, (long long)max);
	return parameters_refuse(job, name, sentence);
}

bool parameters_choice(struct job *job, const char *name, const char *const *choices, size_t *ret)
{
	struct text value = http_query(job->request, name);
	char sentence[256];
	size_t used;

	if (!value.data) {
		return true;
	}
	used = (size_t)snprintf(sentence, sizeof(sentence), "%s: expected is", name);
	for (size_t i = 0; choices[i]; i++) {
		if (text_equal_string(value, choices[i])) {
			*ret = i;
			return true;
		}
		used += (size_t)snprintf(sentence + used, sizeof(sentence) - used, "%s %s",
			i == 0 ? "" : (choices[i + 1] ? "," : " or"), choices[i]);
	}
	return parameters_refuse(job, name, sentence);
}

bool parameters_flag(struct job *job, const char *name, bool *ret)
{
	static const char *const choices[] = {"false", "true", NULL};
	size_t choice = *ret;

	if (!parameters_choice(job, name, choices, &choice)) {
		return false;
	}
	*ret = choice == 1;
	return true;
}

/* ---- the window of a page below /api ---- */

static int read_time(struct text value, const char *name, int64_t *ret, struct error *err)
{
	if (!text_to_int64(value, ret)) {
		return error_set(err, ERROR_INVALID,
			"parameter '%s' is not a UNIX timestamp: write 1 to 18 digits", name);
	}
	return 0;
}

static int read_count(struct http_request *request, const char *name, int64_t min, int64_t max,
	int64_t *ret, struct error *err)
{
	struct text value = http_query(request, name);
	int64_t count;

	if (!value.data) {
		return 0;
	}
	if (!text_to_int64(value, &count) || count < min || count > max) {
		return error_set(err, ERROR_INVALID,
			"parameter '%s' is out of range: write an integer from %lld to %lld", name,
			(long long)min, (long long)max);
	}
	*ret = count;
	return 0;
}

static int read_number(struct job *job, struct call_keys *keys, struct error *err)
{
	struct text number = http_query(job->request, "number");

	if (number.data && number.size == 0) {
		return error_set(err, ERROR_INVALID,
			"parameter 'number' is empty: write a number or leave it out");
	}
	return number.data
		       ? call_keys_add(keys, number, &job->api->options.prefixes, &job->memory, err)
		       : 0;
}

static int read_window(struct job *job, struct store_query *query, struct error *err)
{
	const int64_t offset_max = INT64_C(999999999999999999);
	struct http_request *request = job->request;

	if (read_time(request->parameters[0], "start", &query->start, err) < 0 ||
		read_time(request->parameters[1], "end", &query->end, err) < 0) {
		return -1;
	}
	if (query->end < query->start) {
		return error_set(err, ERROR_INVALID, "parameter 'end' is before 'start'");
	}
	if (read_number(job, &query->keys, err) < 0 ||
		read_count(request, "offset", 0, offset_max, &query->offset, err) < 0) {
		return -1;
	}
	return read_count(request, "limit", 1, PARAMETERS_LIMIT_MAX, &query->limit, err);
}

bool parameters_window(struct job *job, struct store_query *ret_query)
{
	struct store_query query = {
		.account_id = job->access.account_id,
		.limit = PARAMETERS_LIMIT_DEFAULT,
		.contract_only = true,
	};
	struct error err;

	if (read_window(job, &query, &err) < 0) {
		answer_error(job->response, err.code == ERROR_NO_MEMORY ? 503 : 400, err.message);
		return false;
	}
	query.start = retention_start(&job->retention, query.start);
	*ret_query = query;
	return true;
}
