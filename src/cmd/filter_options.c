/* SPDX-License-Identifier: MIT
 * From options to a filter. */
#include "cmd/filter_options.h"

#include "base/clock.h"
#include "upkeep/asked.h"

#define SUBJECT_SIZE_MAX ((size_t)64 << 10)

/* `min-duration` is the parameter `min_duration`, `not-module` is `-module`. */
static struct text parameter_name(const char *option, char buffer[SETTING_NAME_MAX])
{
	struct text none = TEXT(FILTER_NONE_PREFIX), rest = text_of(option);
	size_t size = 0;

	if (text_starts_with(rest, none)) {
		rest = text_tail(rest, none.size);
		buffer[size++] = '-';
	}
	for (size_t i = 0; i < rest.size && size < SETTING_NAME_MAX; i++) {
		buffer[size++] = rest.data[i] == '-' ? '_' : rest.data[i];
	}
	return (struct text){.data = buffer, .size = size};
}

/* "min_duration: …" becomes "--min-duration: …". */
static int name_option(const char *option, struct text name, struct error *err)
{
	struct text said = text_of(err->message);
	char message[sizeof(err->message)];

	if (said.size > name.size && said.data[name.size] == ':') {
		said = text_tail(said, name.size + 2);
	}
	snprintf(message, sizeof(message), "%.*s", TEXT_ARG(said));
	return error_set(err, err->code, "--%s: %s", option, message);
}

static int set_one(struct filter *filter, const struct setting_word *word, int64_t now,
	struct arena *arena, struct error *err)
{
	char buffer[SETTING_NAME_MAX];
	struct text name = parameter_name(word->name, buffer);
	int known = filter_set(filter, name, text_of(word->value), now, arena, err);

	if (known == 0) {
		return error_set(
			err, ERROR_UNSUPPORTED, "no call can be found by --%s", word->name);
	}
	return known < 0 ? name_option(word->name, name, err) : 0;
}

/* --number is one whole number, whatever its characters: only --dest gives `*` a meaning. */
static int set_number(
	struct filter *filter, const char *number, struct arena *arena, struct error *err)
{
	if (filter->dest.any || filter_numbers_ask(&filter->dest)) {
		return error_set(err, ERROR_INVALID,
			"--number and --dest both say which number was called: give one of them");
	}
	return call_keys_add(&filter->dest.whole, text_of(number), filter->prefixes, arena, err);
}

int filter_options_prefixes(
	const struct settings *settings, struct call_prefixes *ret_prefixes, struct error *err)
{
	*ret_prefixes = (struct call_prefixes){0};
	if (settings->dial_prefix &&
		call_prefixes_read(text_of(settings->dial_prefix), ret_prefixes, err) < 0) {
		return error_prefix(err, "dial-prefix");
	}
	return 0;
}

static int set_prefixes(const struct settings *settings, struct filter *filter, struct arena *arena,
	struct error *err)
{
	struct call_prefixes *prefixes = arena_calloc(arena, 1, sizeof(*prefixes));

	filter->prefixes = prefixes;
	return prefixes ? filter_options_prefixes(settings, prefixes, err) : error_no_memory(err);
}

int filter_options_read(const struct settings *settings, struct arena *arena,
	struct filter *ret_filter, struct error *err)
{
	int64_t now = clock_now_s();
	struct filter filter;

	filter_init(&filter);
	if (set_prefixes(settings, &filter, arena, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < settings->filter_count; i++) {
		if (set_one(&filter, &settings->filter[i], now, arena, err) < 0) {
			return -1;
		}
	}
	if (settings->number && set_number(&filter, settings->number, arena, err) < 0) {
		return -1;
	}
	if (filter_check(&filter, err) < 0) {
		return -1;
	}
	*ret_filter = filter;
	return 0;
}

void filter_options_search(struct cmd_run *run)
{
	const struct retention *retention = &run->owner.retention;

	run->filter.start = retention_start(retention, run->filter.start);
	run->search = (struct store_search){
		.account_id = run->owner.account_id,
		.filter = &run->filter,
		.detail_after = retention->detail_after,
		.cost = run->explain ? &run->explain->cost : NULL,
	};
	if (run->explain) {
		explain_begin(run->explain);
	}
}

int filter_options_page(struct cmd_run *run, struct store_page *ret_page, struct error *err)
{
	const struct settings *settings = run->settings;
	struct column_order order;

	run->search.offset = settings->offset;
	run->search.limit = settings->limit;
	run->search.with_total = true;
	if (!settings->order) {
		return store_search(run->store, &run->search, &run->arena, ret_page, err);
	}
	if (column_order_parse(text_of(settings->order), &order, err) < 0) {
		return error_prefix(err, "--order '%s'", settings->order);
	}
	if (settings->offset > STORE_ORDERED_MAX - settings->limit) {
		return error_set(err, ERROR_INVALID,
			"--order reaches as far as %d calls: take a smaller --offset, or a smaller "
			"--limit",
			STORE_ORDERED_MAX);
	}
	return store_search_ordered(run->store, &run->search, &order, &run->arena, ret_page, err);
}

struct walk {
	struct store *store;
	int64_t account_id;
	int (*each)(void *context, const struct store_call *call, struct error *err);
	void *context;
};

static int read_found(void *context, const struct store_row *row, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	const struct walk *walk = context;
	struct store_call call;
	int found;

	arena_init(&arena, CALL_MEMORY_MAX);
	found = store_find(walk->store, walk->account_id, row->call.session_id, &arena, &call, err);
	/* 0: it has gone since the scan began. */
	return found > 0 ? walk->each(walk->context, &call, err) : found;
}

int filter_options_walk(struct cmd_run *run,
	int (*each)(void *context, const struct store_call *call, struct error *err), void *context,
	struct error *err)
{
	const struct filter *filter = &run->filter;
	struct walk walk = {run->store, run->search.account_id, each, context};
	struct store_query query = {
		.account_id = run->search.account_id,
		.start = filter->start,
		.end = filter->end,
		.keys = filter_dest_keys(filter),
		.limit = INT64_MAX,
		.detail_after = run->search.detail_after,
	};

	return filter_is_window(filter)
		       ? store_walk(run->store, &query, each, context, err)
		       : store_scan(run->store, &run->search, read_found, &walk, err);
}

void filter_options_write(const struct settings *settings, struct buffer *buffer)
{
	for (size_t i = 0; i < settings->filter_count; i++) {
		const struct setting_word *word = &settings->filter[i];

		buffer_printf(buffer, " --%s ", word->name);
		asked_write(buffer, text_of(word->name), text_of(word->value));
	}
	if (settings->number) {
		buffer_printf(buffer, " --number %s", settings->number);
	}
}

void filter_options_record(
	struct cmd_run *run, const char *action, const char *words, int64_t calls)
{
	AUTO(buffer_deinit) struct buffer subject;

	if (run->explain) {
		explain_end(run->explain); /* the record is not a part of the question */
	}
	buffer_init(&subject, SUBJECT_SIZE_MAX);
	asked_write_words(&subject, text_of(words));
	filter_options_write(run->settings, &subject);
	cmd_record_read(run->store, run->owner.account_id, action, buffer_text(&subject), calls);
}
