/* SPDX-License-Identifier: MIT
 * The reference: what an amendment makes of a call, one at a time, on a plain list of its steps. */
#include "call/call_json.h"
#include "call/call_outcome.h"
#include "reference_store.h"

struct list {
	struct call_step *items;
	size_t count;
};

static struct list read_list(struct text detail, struct arena *arena)
{
	struct list list = {0};
	size_t cursor = 0;
	struct call_step step;

	while (detail.data && call_json_next_step(detail, &cursor, arena, &step, NULL) > 0) {
		list.items = arena_list_grow(
			arena, list.count > 0 ? list.items : NULL, list.count, sizeof(step));
		list.items[list.count++] = step;
	}
	return list;
}

static struct list read_held(const struct reference_call *held, struct arena *arena)
{
	AUTO(unpacker_destroyp) struct unpacker *unpacker = unpacker_create();
	const struct packed *packed = &held->held.packed;
	char *json = arena_alloc(arena, packed->size);

	if (unpacker_unpack(unpacker, packed, json, NULL) < 0) {
		return (struct list){0};
	}
	return read_list(call_json_detail((struct text){json, packed->size}), arena);
}

/* Puts @step at @at. */
static void insert(struct list *list, size_t at, const struct call_step *step, struct arena *arena)
{
	struct call_step *items = arena_calloc(arena, list->count + 1, sizeof(*items));

	for (size_t i = 0; i < list->count; i++) {
		items[i < at ? i : i + 1] = list->items[i];
	}
	items[at] = *step;
	list->items = items;
	list->count++;
}

static bool has_id(const struct list *list, const struct call_step *step, struct arena *arena)
{
	struct text id = call_json_data_member(step->data, "event_id", arena);

	for (size_t i = 0; i < list->count && id.size > 0; i++) {
		if (text_equal(call_json_data_member(list->items[i].data, "event_id", arena), id)) {
			return true;
		}
	}
	return false;
}

/* By the second; within it by event_time and event_id where both have one, and before those that
 * have none. */
static bool is_later(
	const struct call_step *held, const struct call_step *step, struct arena *arena)
{
	struct text mine = call_json_data_member(step->data, "event_time", arena);
	struct text other = call_json_data_member(held->data, "event_time", arena);
	int order;

	if (held->timestamp != step->timestamp || mine.size == 0) {
		return held->timestamp > step->timestamp;
	}
	if (other.size == 0) {
		return true;
	}
	order = text_compare(other, mine);
	return order > 0 ||
	       (order == 0 && text_compare(call_json_data_member(held->data, "event_id", arena),
				      call_json_data_member(step->data, "event_id", arena)) > 0);
}

static size_t place_for(const struct list *list, const struct call_step *step, struct arena *arena)
{
	size_t at = list->count;

	while (at > 0 && is_later(&list->items[at - 1], step, arena)) {
		at--;
	}
	return at;
}

static void add_by_time(
	struct list *list, const struct list *added, struct store_amend *amend, struct arena *arena)
{
	for (size_t i = 0; i < added->count; i++) {
		if (has_id(list, &added->items[i], arena)) {
			amend->duplicates++;
			continue;
		}
		insert(list, place_for(list, &added->items[i], arena), &added->items[i], arena);
		amend->added++;
	}
}

static void put_at(
	struct list *list, const struct list *added, struct store_amend *amend, struct arena *arena)
{
	struct list result = {.items = list->items, .count = (size_t)amend->from};
	bool same = true;

	for (size_t i = 0; i < added->count; i++) {
		size_t at = (size_t)amend->from + i;

		same = same && at < list->count &&
		       text_equal(list->items[at].json, added->items[i].json);
		*(same ? &amend->duplicates : &amend->added) += 1;
		insert(&result, result.count, &added->items[i], arena);
	}
	*list = result;
}

static int64_t latest(const struct list *list, int64_t otherwise)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].timestamp > otherwise) {
			otherwise = list->items[i].timestamp;
		}
	}
	return otherwise;
}

static bool was_silent(const struct list *list)
{
	return list->count > 0 &&
	       text_starts_with(list->items[list->count - 1].line,
		       TEXT("Nothing was heard of this call for ")) &&
	       text_equal_string(list->items[list->count - 1].module, "end");
}

static void write_json(struct buffer *json, const struct call *call, const struct list *list)
{
	AUTO(buffer_deinit) struct buffer detail;

	buffer_init(&detail, SIZE_MAX);
	buffer_append_byte(&detail, '[');
	for (size_t i = 0; i < list->count; i++) {
		buffer_append(&detail, i > 0 ? TEXT(",") : TEXT(""));
		buffer_append(&detail, list->items[i].json);
	}
	buffer_append_byte(&detail, ']');
	call_json_write(json, call, buffer_text(&detail));
}

static size_t size_of(const struct call *call, const struct list *list)
{
	AUTO(buffer_deinit) struct buffer json;

	buffer_init(&json, SIZE_MAX);
	write_json(&json, call, list);
	return json.size;
}

static struct packed pack(const struct call *call, const struct list *list, struct arena *arena)
{
	AUTO(packer_destroyp) struct packer *packer = packer_create();
	AUTO(buffer_deinit) struct buffer json, out;
	struct packed packed = {0};

	buffer_init(&json, SIZE_MAX);
	buffer_init(&out, SIZE_MAX);
	write_json(&json, call, list);
	if (packer_pack(packer, buffer_text(&json), &out, &packed, NULL) < 0) {
		return packed;
	}
	packed.deflate = arena_copy(arena, packed.deflate);
	return packed;
}

static int64_t first_difference(const struct list *a, const struct list *b)
{
	size_t i = 0;

	while (i < a->count && i < b->count && text_equal(a->items[i].json, b->items[i].json)) {
		i++;
	}
	return i == a->count && i == b->count ? -1 : (int64_t)i;
}

static bool gives(const struct store_amend *amend, enum store_amend_member member)
{
	return (amend->given & member) != 0;
}

static void give_outcome(const struct store_amend *amend, struct call *call)
{
	const struct call *given = &amend->call;
	int64_t members = amend->given / STORE_AMEND_OUTCOME;

	call->outcome = members & CALL_TOLD_OUTCOME ? given->outcome : call->outcome;
	call->answered = members & CALL_TOLD_ANSWERED ? given->answered : call->answered;
	call->talk = members & CALL_TOLD_TALK ? given->talk : call->talk;
	call->ended_by = members & CALL_TOLD_ENDED_BY ? given->ended_by : call->ended_by;
	call->told = (call->told & ~members) | (given->told & members);
}

/* The header that is given, before the end is known; false: there is no start. */
static bool give_header(const struct reference_call *held, const struct store_amend *amend,
	const struct list *added, struct call *call)
{
	*call = held ? held->held.call
		     : (struct call){
			       .dest = TEXT(""), .src = TEXT(""), .session_id = amend->session_id};
	call->dest = gives(amend, STORE_AMEND_DEST) ? amend->call.dest : call->dest;
	call->src = gives(amend, STORE_AMEND_SRC) ? amend->call.src : call->src;
	call->type = gives(amend, STORE_AMEND_TYPE) ? amend->call.type : call->type;
	give_outcome(amend, call);
	if (gives(amend, STORE_AMEND_START)) {
		call->start = amend->call.start;
	} else if (!held && added->count > 0) {
		call->start = added->items[0].timestamp;
	} else if (!held) {
		return false;
	}
	if (!held) {
		call->has_detail = call->start > amend->detail_after;
	}
	return true;
}

static void give_end(
	const struct store_amend *amend, const struct list *list, bool went_on, struct call *call)
{
	call->state = went_on ? CALL_LIVE : CALL_ENDED;
	if (gives(amend, STORE_AMEND_STATE)) {
		call->state = amend->call.state;
	} else if (gives(amend, STORE_AMEND_END)) {
		call->state = CALL_ENDED;
	}
	if (call->state == CALL_ENDED && gives(amend, STORE_AMEND_END)) {
		call->end = amend->call.end;
	} else if (call->state == CALL_LIVE || went_on) {
		call->end = call->has_detail	      ? latest(list, call->start)
			    : call->end > call->start ? call->end
						      : call->start;
	}
}

static bool refuse(struct store_amend *amend, enum store_amend_result result)
{
	amend->result = result;
	amend->added = amend->duplicates = 0;
	return false;
}

/* What is asked of the call; false: it is refused, and that is told. */
static bool try_amend(const struct reference_call *held, struct store_amend *amend,
	struct list *list, bool went_on, struct arena *arena, struct call *call)
{
	const struct list before = *list;
	struct list added = {0};
	size_t size;

	if (amend->steps.data) {
		added = read_list(amend->steps, arena);
	}
	if (!held && !gives(amend, STORE_AMEND_START) && amend->steps.data && amend->from > 0) {
		return refuse(amend, STORE_AMEND_GAP);
	}
	if (!give_header(held, amend, &added, call)) {
		return refuse(amend, STORE_AMEND_NO_START);
	}
	if (amend->steps.data && call->start > amend->detail_after) {
		if (amend->from > (int64_t)list->count) {
			return refuse(amend, STORE_AMEND_GAP);
		}
		if (amend->from >= 0) {
			put_at(list, &added, amend, arena);
		} else {
			add_by_time(list, &added, amend, arena);
		}
		call->has_detail = true;
	}
	give_end(amend, list, went_on, call);
	if (call->end < call->start) {
		return refuse(amend, STORE_AMEND_END_BEFORE_START);
	}
	size = size_of(call, list);
	if (size > amend->size_max && (!held || size > size_of(&held->held.call, &before))) {
		return refuse(amend, STORE_AMEND_TOO_LARGE);
	}
	return true;
}

static void expire(const struct reference_call *held, struct store_amend *amend, struct list *list,
	struct arena *arena, struct reference_amended *amended)
{
	int64_t seconds = amend->timeout_s;
	struct call_step step = {.timestamp = held->held.call.end};

	amended->call = held->held.call;
	amended->call.state = CALL_ENDED;
	amended->stored = amend->ended = true;
	if (!amended->call.has_detail) {
		return;
	}
	step.json = arena_printf(arena,
		"{\"event\":{\"line\":\"Nothing was heard of this call for %lld %s%s: it is taken "
		"as ended\",\"data\":{\"module_type\":\"end\",\"result_variable\":\"\"}},\"class\":"
		"\"info\",\"timestamp\":%lld}",
		(long long)(seconds % 60 ? seconds : seconds / 60),
		seconds % 60 ? "second" : "minute",
		(seconds % 60 ? seconds : seconds / 60) == 1 ? "" : "s", (long long)step.timestamp);
	insert(list, list->count, &step, arena);
}

static bool differs(const struct reference_call *held, const struct call *call)
{
	const struct call *was = held ? &held->held.call : NULL;

	return !was || was->start != call->start || was->type != call->type ||
	       was->state != call->state || was->has_detail != call->has_detail ||
	       !text_equal(was->dest, call->dest) || !text_equal(was->src, call->src) ||
	       was->outcome != call->outcome || was->ended_by != call->ended_by ||
	       was->answered != call->answered || was->told != call->told ||
	       (call->state == CALL_ENDED && (was->end != call->end || was->talk != call->talk));
}

static int find_outcome(
	const struct list *list, struct arena *arena, struct call *call, struct error *err)
{
	AUTO(buffer_deinit) struct buffer json;
	struct text detail;

	buffer_init(&json, SIZE_MAX);
	if (!call->has_detail) {
		return 0;
	}
	write_json(&json, call, list);
	detail = arena_copy(arena, call_json_detail(buffer_text(&json)));
	return call_outcome_find(call, detail, err);
}

static int finish(const struct reference_call *held, const struct store_amend *amend,
	const struct list *before, const struct list *list, struct arena *arena,
	struct reference_amended *amended, struct error *err)
{
	bool had = held && held->held.call.has_detail;

	if (find_outcome(list, arena, &amended->call, err) < 0) {
		return -1;
	}
	amended->first_step = first_difference(before, list);
	amended->header = differs(held, &amended->call);
	amended->heard = held ? held->heard : 0;
	if (amend->timeout_s == 0 && amend->heard > amended->heard) {
		amended->heard = amend->heard;
	}
	amended->hidden = held ? held->hidden : (struct text){0};
	if (amended->call.has_detail) {
		amended->call.steps = (uint32_t)list->count;
		amended->packed = pack(&amended->call, list, arena);
	}
	if (!had && list->count == 0) {
		amended->first_step = -1;
	}
	return 0;
}

static void tell(struct store_amend *amend, const struct call *call)
{
	amend->start = call->start;
	amend->end = call->end;
	amend->state = call->state;
	amend->steps_held = call->steps;
}

/* Ends a call that was silent; false: it was not. */
static bool end_silent(const struct reference_call *held, struct store_amend *amend,
	struct list *list, struct arena *arena, struct reference_amended *amended)
{
	if (!held || held->held.call.state != CALL_LIVE ||
		held->heard > amend->heard - amend->timeout_s) {
		return false;
	}
	expire(held, amend, list, arena, amended);
	return true;
}

static bool change(const struct reference_call *held, struct store_amend *amend, struct list *list,
	struct arena *arena, struct reference_amended *amended)
{
	bool is_live = held && held->held.call.state == CALL_LIVE;
	bool silent = held && !is_live && was_silent(list);
	bool went_on = !held || is_live || silent;

	list->count -= silent;
	if (!try_amend(held, amend, list, went_on, arena, &amended->call)) {
		return false;
	}
	amended->stored = true;
	amend->created = !held;
	amend->ended = went_on && amended->call.state == CALL_ENDED;
	return true;
}

int reference_amend(const struct reference_call *held, struct store_amend *amend,
	struct arena *arena, struct reference_amended *ret_amended, struct error *err)
{
	struct reference_amended amended = {0};
	struct list list = {0}, before;

	if (held) {
		tell(amend, &held->held.call);
		list = held->held.call.has_detail ? read_held(held, arena) : list;
	}
	before = list;
	if (!(amend->timeout_s > 0 ? end_silent(held, amend, &list, arena, &amended)
				   : change(held, amend, &list, arena, &amended))) {
		return 0;
	}
	if (finish(held, amend, &before, &list, arena, &amended, err) < 0) {
		return -1;
	}
	tell(amend, &amended.call);
	*ret_amended = amended;
	return 0;
}
