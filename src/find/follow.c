/* SPDX-License-Identifier: MIT
 * Looking at a change through a filter. */
#include "find/follow.h"

#include "call/call_json.h"
#include "call/call_steps.h"
#include "json/json_writer.h"

int follow_init(struct follow *follow, size_t memory_max, struct error *err)
{
	follow->unpacker = unpacker_create();
	buffer_init(&follow->json, memory_max);
	buffer_init(&follow->earlier, memory_max);
	arena_init(&follow->scratch, memory_max);
	return follow->unpacker ? 0 : error_no_memory(err);
}

void follow_deinit(struct follow *follow)
{
	unpacker_destroy(follow->unpacker);
	follow_forget(follow);
}

void follow_forget(struct follow *follow)
{
	buffer_deinit(&follow->json);
	buffer_deinit(&follow->earlier);
	arena_deinit(&follow->scratch);
}

static int matches(struct follow *follow, const struct filter *filter, const struct call *call,
	struct text detail, struct error *err)
{
	int match = filter_matches(filter, call, detail, &follow->scratch, err);

	arena_deinit(&follow->scratch);
	return match;
}

/* Whether @filter means @call. Its steps, where they are needed, are in *@ret_detail. */
static int is_meant(struct follow *follow, const struct filter *filter,
	const struct store_call *call, bool steps, struct text *ret_detail, struct error *err)
{
	*ret_detail = (struct text){0};
	if (!filter_matches_header(filter, &call->call)) {
		return 0;
	}
	if (call->packed.deflate.data && (steps || filter_reads_detail(filter))) {
		buffer_clear(&follow->json);
		if (unpacker_append(follow->unpacker, &call->packed, &follow->json, err) < 0) {
			return -1;
		}
		*ret_detail = call_json_detail(buffer_text(&follow->json));
	}
	return matches(follow, filter, &call->call, *ret_detail, err);
}

/* Where the steps of @detail from the one at @first on begin, behind the comma before it. @first is
 * at most their number. */
static int find_step(struct text detail, int64_t first, size_t *ret_at, struct error *err)
{
	struct call_step_look look;
	struct call_steps steps;
	size_t at = 1;
	int more = 1;

	call_steps_init(&steps, detail);
	for (int64_t i = 0; i <= first; i++) {
		more = call_steps_next(&steps, &look, err);
		if (more <= 0) {
			break;
		}
		at = (size_t)(look.json.data - detail.data);
	}
	if (more < 0) {
		return -1;
	}
	*ret_at = more > 0 ? at : detail.size - 1;
	return 0;
}

/* Whether @filter meant the call before its step at @first changed; @at is where that begins. */
static int was_meant(struct follow *follow, const struct filter *filter, const struct call *call,
	const struct follow_news *news, size_t at, struct error *err)
{
	struct call earlier = *call;

	earlier.steps = (uint32_t)news->first;
	buffer_clear(&follow->earlier);
	buffer_append(&follow->earlier, text_head(news->detail, news->first > 0 ? at - 1 : 1));
	buffer_append_byte(&follow->earlier, ']');
	return follow->earlier.failed
		       ? error_no_memory(err)
		       : matches(follow, filter, &earlier, buffer_text(&follow->earlier), err);
}

/* From which step on they are new, and whether the call is, too. */
static int place_steps(struct follow *follow, const struct filter *filter, const struct call *call,
	int64_t first, struct follow_news *news, struct error *err)
{
	int meant = 1;
	size_t at;

	news->steps = true;
	news->first = first < call->steps ? first : call->steps;
	if (find_step(news->detail, news->first, &at, err) < 0) {
		return -1;
	}
	if (news->first > 0 && filter_reads_detail(filter)) {
		meant = was_meant(follow, filter, call, news, at, err);
	}
	if (meant == 0) {
		news->header = true;
		news->first = 0;
		at = 1;
	}
	news->changed = text_tail(news->detail, at);
	return meant < 0 ? -1 : 0;
}

int follow_look(struct follow *follow, const struct filter *filter,
	const struct store_change *change, const struct store_call *call, bool with_detail,
	struct follow_news *ret_news, struct error *err)
{
	struct follow_news news = {.header = change->header};
	bool steps = change->first_step >= 0;
	int meant = is_meant(follow, filter, call, steps || with_detail, &news.detail, err);

	if (meant <= 0) {
		return meant;
	}
	if (steps && news.detail.data &&
		place_steps(follow, filter, &call->call, change->first_step, &news, err) < 0) {
		return -1;
	}
	*ret_news = news;
	return 1;
}

void follow_write_steps(
	struct buffer *buffer, const struct call *call, int64_t first, struct text changed)
{
	buffer_append(buffer, TEXT("{\"session_id\":"));
	json_write_string(buffer, call->session_id);
	buffer_printf(buffer, ",\"first\":%lld,\"steps\":[", (long long)first);
	buffer_append(buffer, changed);
	buffer_printf(buffer, ",\"end\":%lld}", (long long)call->end);
}
