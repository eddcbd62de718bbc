/* SPDX-License-Identifier: MIT
 * Reading the query of a /v1 question. */
#include "api/query.h"

#include "api/answer.h"
#include "base/suggest.h"
#include "json/json_writer.h"

#define MEMBER_MAX ((size_t)1024)

bool query_refuse(struct http_response *response, const char *name, const char *sentence)
{
	AUTO(buffer_deinit) struct buffer member;

	buffer_init(&member, MEMBER_MAX);
	buffer_append(&member, TEXT(",\"parameter\":"));
	json_write_string(&member, text_of(name));
	answer_problem(response, 400, sentence, buffer_text(&member));
	return false;
}

bool query_refuse_error(struct http_response *response, const struct error *err)
{
	struct text rest = text_of(err->message);
	struct text part;
	char name[32];

	if (err->code == ERROR_NO_MEMORY || err->code == ERROR_TOO_LARGE) {
		answer_error(response, 503, "out of memory");
		return false;
	}
	text_split(&rest, ':', &part);
	snprintf(name, sizeof(name), "%.*s", TEXT_ARG(part));
	return query_refuse(response, name, err->message);
}

#define NAME_SHOWN_MAX 40 /* bytes of a name that is not known */

/* Says which parameter is meant, or where none is near which there are. */
static void refuse_name(struct http_response *response, const char *const *names, struct text name)
{
	struct suggestion near = {.word = name, .distance = SIZE_MAX};
	char shown[NAME_SHOWN_MAX + 1], sentence[512];
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
		for (size_t i = 0; names[i]; i++) {
			used += (size_t)snprintf(sentence + used, sizeof(sentence) - used, "%s %s",
				i == 0 ? ": there are" : ",", names[i]);
		}
	}
	query_refuse(response, shown, sentence);
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

bool query_known(struct http_request *request, struct http_response *response)
{
	const char *const *names = request->route->query;
	struct text name, value;
	size_t at = 0;
	int more;

	while (names && (more = http_query_next(request, &at, &name, &value)) != 0) {
		if (more < 0) {
			answer_error(response, 503, "out of memory");
			return false;
		}
		/* Nothing stands between two `&`. */
		if (name.size + value.size > 0 && !is_among(names, name)) {
			refuse_name(response, names, name);
			return false;
		}
	}
	return true;
}

static int set(struct filter *filter, struct text name, struct text value, int64_t now,
	struct arena *arena, struct error *err)
{
	size_t i = 0;

	while (filter_parameters[i] && !text_equal_string(name, filter_parameters[i])) {
		i++;
	}
	if (filter_parameters[i] && !text_utf8_valid(value, NULL)) {
		return error_set(
			err, ERROR_INVALID, "%s: the value is no UTF-8", filter_parameters[i]);
	}
	return filter_set(filter, name, value, now, arena, err);
}

bool query_filter(struct http_request *request, struct http_response *response, int64_t now,
	const struct call_prefixes *prefixes, struct arena *arena, struct filter *ret_filter)
{
	struct text name, value;
	struct error err;
	size_t at = 0;
	int more;

	filter_init(ret_filter);
	ret_filter->prefixes = prefixes;
	while ((more = http_query_next(request, &at, &name, &value)) > 0) {
		if (set(ret_filter, name, value, now, arena, &err) < 0) {
			return query_refuse_error(response, &err);
		}
	}
	if (more < 0) {
		answer_error(response, 503, "out of memory");
		return false;
	}
	return filter_check(ret_filter, &err) < 0 ? query_refuse_error(response, &err) : true;
}

bool query_integer(struct http_request *request, struct http_response *response, const char *name,
	int64_t min, int64_t max, int64_t *ret)
{
	struct text value = http_query(request, name);
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
	return query_refuse(response, name, sentence);
}

bool query_choice(struct http_request *request, struct http_response *response, const char *name,
	const char *const *choices, size_t *ret)
{
	struct text value = http_query(request, name);
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
	return query_refuse(response, name, sentence);
}

bool query_flag(
	struct http_request *request, struct http_response *response, const char *name, bool *ret)
{
	static const char *const choices[] = {"false", "true", NULL};
	size_t choice = *ret;

	if (!query_choice(request, response, name, choices, &choice)) {
		return false;
	}
	*ret = choice == 1;
	return true;
}
