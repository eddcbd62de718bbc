/* SPDX-License-Identifier: MIT
 * Amending calls. An entry is checked against the call as the entries before it left it, and only
 * then applied: what is refused changes nothing. */
#include "store/amend.h"

#include "base/intern.h"
#include "call/call_join.h"
#include "call/call_json.h"
#include "call/call_outcome.h"
#include "call/call_steps.h"
#include "store/live_steps.h"

/* The step that ends a call which was silent. It is known again by what stands round the time. */
#define SILENT_BEGIN "{\"event\":{\"line\":\"Nothing was heard of this call for "
#define SILENT_END                                                                                 \
	": it is taken as ended\",\"data\":{\"module_type\":\"end\",\"result_variable\":\"\"}},"   \
	"\"class\":\"info\",\"timestamp\":"

/* ---- entries by session ---- */

static struct text session_of(const struct store_entry *entry)
{
	return entry->put ? entry->put->call.session_id : entry->amend->session_id;
}

static int64_t account_of(const struct store_entry *entry)
{
	return entry->put ? entry->put->account_id : entry->amend->account_id;
}

/* Numbers the call of each entry. */
static int number_entries(const struct store_entry *entries, size_t count, struct intern *names,
	uint32_t *numbers, struct error *err)
{
	AUTO(buffer_deinit) struct buffer name;

	buffer_init(&name, SIZE_MAX);
	for (size_t i = 0; i < count; i++) {
		buffer_clear(&name);
		buffer_append_int64(&name, account_of(&entries[i]));
		buffer_append_byte(&name, ':');
		buffer_append(&name, session_of(&entries[i]));
		if (name.failed || !intern_number(names, buffer_text(&name), &numbers[i])) {
			return error_no_memory(err);
		}
	}
	return 0;
}

int store_sessions_sort(const struct store_entry *entries, size_t count, struct arena *arena,
	struct store_session **ret_sessions, size_t *ret_count, struct error *err)
{
	const struct store_entry **sorted = arena_calloc(arena, count, sizeof(*sorted));
	uint32_t *numbers = arena_calloc(arena, count, sizeof(*numbers));
	struct store_session *sessions;
	struct intern names;

	intern_init(&names, arena);
	if (!sorted || !numbers || number_entries(entries, count, &names, numbers, err) < 0) {
		return error_no_memory(err);
	}
	sessions = arena_calloc(arena, names.count, sizeof(*sessions));
	if (!sessions) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		sessions[numbers[i]].count++;
	}
	for (uint32_t i = 0; i < names.count; i++) {
		sessions[i].entries = sorted;
		sorted += sessions[i].count;
		sessions[i].count = 0;
	}
	for (size_t i = 0; i < count; i++) {
		struct store_session *session = &sessions[numbers[i]];

		session->account_id = account_of(&entries[i]);
		session->session_id = session_of(&entries[i]);
		session->entries[session->count++] = &entries[i];
		session->amended |= entries[i].amend != NULL;
	}
	*ret_sessions = sessions;
	*ret_count = names.count;
	return 0;
}

/* ---- a call on its way through its entries ---- */

struct run {
	struct store_repacker *repacker;
	const struct store_held *held;
	struct arena *arena; /* for what comes out */
	struct call call;
	bool exists;
	bool loaded;   /* the steps are what they are; otherwise still those that are held */
	bool replaced; /* a put with steps came: those that are held do not count */
	bool was_put;
	struct live_steps steps;
	struct buffer text; /* scratch */
	int64_t heard;
	struct text hidden;
	const struct store_amend *reviewed; /* the last one that has a review */
};

static void run_init(struct run *run, struct store_repacker *repacker,
	const struct store_held *held, struct arena *arena)
{
	*run = (struct run){
		.repacker = repacker,
		.held = held,
		.arena = arena,
		.call = held->call,
		.exists = held->exists,
		.loaded = !held->exists || !held->call.has_detail,
		.heard = held->heard,
		.hidden = held->hidden,
	};
	live_steps_init(&run->steps);
	buffer_init(&run->text, SIZE_MAX);
}

static void run_end(struct run *run)
{
	live_steps_deinit(&run->steps);
	buffer_deinit(&run->text);
}

/* Makes the steps those of @detail, which lasts as long as they. */
static int take_steps(struct run *run, struct text detail, struct error *err)
{
	struct live_plan plan;

	return live_steps_plan_from(&run->steps, detail, 0, &plan, err) < 0 ||
			       live_steps_apply(&run->steps, &plan, err) < 0
		       ? -1
		       : 0;
}

/* Reads the steps that are held. */
static int load(struct run *run, struct error *err)
{
	struct store_repacker *repacker = run->repacker;
	struct text detail;

	if (run->loaded) {
		return 0;
	}
	if (unpacker_append(repacker->unpacker, &run->held->packed, &repacker->held, err) < 0) {
		return -1;
	}
	detail = call_json_detail(buffer_text(&repacker->held));
	if (!detail.data) {
		return error_set(err, ERROR_CORRUPT,
			"the stored call '%.*s' has no steps where its header says that it has",
			TEXT_ARG(run->call.session_id));
	}
	run->loaded = true;
	return take_steps(run, detail, err);
}

/* ---- puts ---- */

/* Takes the steps of the canonical @json, which is copied. */
static int replace_steps(struct run *run, struct text json, struct error *err)
{
	struct text copy;

	live_steps_clear(&run->steps);
	copy = arena_copy(&run->steps.arena, json);
	if (!copy.data) {
		return error_no_memory(err);
	}
	run->loaded = run->replaced = true;
	return take_steps(run, call_json_detail(copy), err);
}

/* Joins @put, which stands in repacker->added, to the steps that are there, as store_join() does.
 */
static int join(struct run *run, struct store_put *put, struct error *err)
{
	AUTO(buffer_deinit) struct buffer now;
	struct store_repacker *repacker = run->repacker;
	struct call_joined joined;
	int parts;

	buffer_init(&now, UINT32_MAX);
	if (load(run, err) < 0) {
		return -1;
	}
	buffer_clear(&run->text);
	live_steps_write(&run->steps, &run->text);
	call_json_write(&now, &run->call, buffer_text(&run->text));
	if (now.failed) {
		return error_no_memory(err);
	}
	buffer_clear(&repacker->json);
	parts = call_join(buffer_text(&now), buffer_text(&repacker->added), run->arena,
		&repacker->json, &joined, err);
	if (parts < 0) {
		return -1;
	}
	put->others = joined.others;
	if (parts == 0) {
		run->call = put->call;
		return replace_steps(run, buffer_text(&repacker->added), err);
	}
	run->call = joined.call;
	call_outcome_take_told(&run->call, &put->call);
	run->call.session_id = put->call.session_id;
	run->call.dest = arena_copy(run->arena, run->call.dest);
	run->call.src = arena_copy(run->arena, run->call.src);
	return run->call.dest.data && run->call.src.data
		       ? replace_steps(run, buffer_text(&repacker->json), err)
		       : error_no_memory(err);
}

static int put_steps(struct run *run, struct store_put *put, bool had, struct error *err)
{
	struct store_repacker *repacker = run->repacker;

	buffer_clear(&repacker->added);
	if (unpacker_append(repacker->unpacker, &put->packed, &repacker->added, err) < 0) {
		return -1;
	}
	if (had && put->recorded) {
		return join(run, put, err);
	}
	run->call = put->call;
	return replace_steps(run, buffer_text(&repacker->added), err);
}

/* A put ends the call. */
static int apply_put(struct run *run, struct store_put *put, struct error *err)
{
	bool had = run->exists && run->call.has_detail;

	put->replaced = run->exists;
	if (put->call.has_detail) {
		if (put_steps(run, put, had, err) < 0) {
			return -1;
		}
	} else {
		if (load(run, err) < 0) {
			return -1;
		}
		run->call = put->call;
	}
	run->exists = run->was_put = true;
	run->call.has_detail = had || put->call.has_detail;
	run->call.state = CALL_ENDED;
	return 0;
}

/* ---- amendments ---- */

/* What an amendment would make of the call. */
struct draft {
	struct call call;
	struct live_plan plan;
	bool silent; /* it was silent, and goes on: the step that said so goes */
};

static bool gives(const struct store_amend *amend, enum store_amend_member member)
{
	return (amend->given & member) != 0;
}

/* Whether the call ended because nothing was heard of it. */
static bool was_silent(const struct run *run)
{
	const struct live_steps *steps = &run->steps;
	struct text json;

	if (!run->exists || run->call.state == CALL_LIVE || steps->count == 0) {
		return false;
	}
	json = steps->items[steps->count - 1].json;
	return text_starts_with(json, TEXT(SILENT_BEGIN)) &&
	       memmem(json.data, json.size, SILENT_END, strlen(SILENT_END)) != NULL;
}

/* What is told takes the place of what was told before; null takes it back. */
static void draft_outcome(const struct store_amend *amend, struct call *call)
{
	const struct call *told = &amend->call;
	int64_t given = 0;

	if (gives(amend, STORE_AMEND_OUTCOME)) {
		given |= CALL_TOLD_OUTCOME;
		call->outcome = told->outcome;
	}
	if (gives(amend, STORE_AMEND_ANSWERED)) {
		given |= CALL_TOLD_ANSWERED;
		call->answered = told->answered;
	}
	if (gives(amend, STORE_AMEND_TALK)) {
		given |= CALL_TOLD_TALK;
		call->talk = told->talk;
	}
	if (gives(amend, STORE_AMEND_ENDED_BY)) {
		given |= CALL_TOLD_ENDED_BY;
		call->ended_by = told->ended_by;
	}
	call->told = (call->told & ~given) | (told->told & given);
}

static void draft_header(const struct store_amend *amend, struct call *call)
{
	if (gives(amend, STORE_AMEND_DEST)) {
		call->dest = amend->call.dest;
	}
	if (gives(amend, STORE_AMEND_SRC)) {
		call->src = amend->call.src;
	}
	if (gives(amend, STORE_AMEND_TYPE)) {
		call->type = amend->call.type;
	}
	if (gives(amend, STORE_AMEND_START)) {
		call->start = amend->call.start;
	}
	draft_outcome(amend, call);
}

/* A call begins when its first step does, unless it is said otherwise. */
static int draft_start(
	const struct run *run, struct store_amend *amend, struct call *call, struct error *err)
{
	struct call_step_look step;
	struct call_steps steps;
	int first;

	if (run->exists || gives(amend, STORE_AMEND_START)) {
		return 0;
	}
	if (amend->from > 0 && amend->steps.data) {
		amend->result = STORE_AMEND_GAP;
		return 0;
	}
	amend->result = STORE_AMEND_NO_START;
	if (!amend->steps.data) {
		return 0;
	}
	call_steps_init(&steps, amend->steps);
	first = call_steps_next(&steps, &step, err);
	if (first > 0) {
		amend->result = STORE_AMENDED;
		call->start = step.timestamp;
	}
	return first < 0 ? -1 : 0;
}

static int draft_steps(
	struct run *run, struct store_amend *amend, struct draft *draft, struct error *err)
{
	int failed;

	draft->plan = live_steps_plan_none(&run->steps);
	if (!amend->steps.data || draft->call.start <= amend->detail_after) {
		return 0;
	}
	if (amend->from > (int64_t)run->steps.count) {
		amend->result = STORE_AMEND_GAP;
		return 0;
	}
	failed = amend->from >= 0
			 ? live_steps_plan_from(&run->steps, amend->steps, (size_t)amend->from,
				   &draft->plan, err)
			 : live_steps_plan_by_time(&run->steps, amend->steps, &draft->plan, err);
	draft->call.has_detail = true;
	return failed;
}

/* A live call ends with its last step so far. One whose steps are not kept any more stays as long
 * as it was. */
static int64_t end_so_far(const struct run *run, const struct draft *draft)
{
	const struct call *call = &draft->call;

	if (call->has_detail) {
		return live_steps_latest(&run->steps, &draft->plan, call->start);
	}
	return call->end > call->start ? call->end : call->start;
}

static void draft_end(const struct run *run, struct store_amend *amend, struct draft *draft)
{
	struct call *call = &draft->call;
	bool went_on = !run->exists || draft->silent || run->call.state == CALL_LIVE;

	call->state = went_on ? CALL_LIVE : CALL_ENDED;
	if (gives(amend, STORE_AMEND_STATE)) {
		call->state = amend->call.state;
	} else if (gives(amend, STORE_AMEND_END)) {
		call->state = CALL_ENDED;
	}
	if (call->state == CALL_LIVE || (went_on && !gives(amend, STORE_AMEND_END))) {
		call->end = end_so_far(run, draft);
	} else if (gives(amend, STORE_AMEND_END)) {
		call->end = amend->call.end;
	}
	if (call->end < call->start) {
		amend->result = STORE_AMEND_END_BEFORE_START;
	}
}

/* Bytes of the JSON of @call round steps of @steps_bytes. */
static size_t size_of(struct run *run, const struct call *call, size_t steps_bytes)
{
	buffer_clear(&run->text);
	call_json_write(&run->text, call, TEXT("[]"));
	return run->text.size + (steps_bytes > 0 ? steps_bytes - 1 : 0);
}

static void draft_size(struct run *run, struct store_amend *amend, const struct draft *draft)
{
	size_t size = size_of(run, &draft->call, draft->plan.bytes);

	if (size > amend->size_max &&
		(!run->exists || size > size_of(run, &run->call, run->steps.bytes))) {
		amend->result = STORE_AMEND_TOO_LARGE;
	}
}

static int make_draft(
	struct run *run, struct store_amend *amend, struct draft *draft, struct error *err)
{
	draft->call = run->exists ? run->call
				  : (struct call){.dest = TEXT(""),
					    .src = TEXT(""),
					    .session_id = amend->session_id};
	draft_header(amend, &draft->call);
	if (draft_start(run, amend, &draft->call, err) < 0) {
		return -1;
	}
	if (amend->result != STORE_AMENDED) {
		return 0;
	}
	if (!run->exists) {
		draft->call.has_detail = draft->call.start > amend->detail_after;
	}
	if (draft_steps(run, amend, draft, err) < 0) {
		return -1;
	}
	if (amend->result == STORE_AMENDED) {
		draft_end(run, amend, draft);
	}
	if (amend->result == STORE_AMENDED) {
		draft_size(run, amend, draft);
	}
	return 0;
}

static int keep_draft(
	struct run *run, struct store_amend *amend, const struct draft *draft, struct error *err)
{
	bool went_on = !run->exists || run->call.state == CALL_LIVE || draft->silent;

	if (live_steps_apply(&run->steps, &draft->plan, err) < 0) {
		return -1;
	}
	amend->created = !run->exists;
	amend->ended = went_on && draft->call.state == CALL_ENDED;
	amend->added = (uint32_t)draft->plan.added_count;
	amend->duplicates = (uint32_t)draft->plan.duplicates;
	run->call = draft->call;
	run->exists = true;
	return 0;
}

/* Whether it only says that the call is still up. */
static bool says_nothing(const struct run *run, const struct store_amend *amend)
{
	return amend->given == 0 && !amend->steps.data && run->exists &&
	       run->call.state == CALL_LIVE;
}

static int amend_call(struct run *run, struct store_amend *amend, struct error *err)
{
	struct draft draft = {0};

	if (says_nothing(run, amend)) {
		return 0;
	}
	if (load(run, err) < 0) {
		return -1;
	}
	draft.silent = was_silent(run);
	if (draft.silent) {
		live_steps_drop_last(&run->steps);
	}
	if (make_draft(run, amend, &draft, err) < 0) {
		return -1;
	}
	if (amend->result == STORE_AMENDED) {
		return keep_draft(run, amend, &draft, err);
	}
	live_steps_refuse(&run->steps);
	if (draft.silent) {
		live_steps_undrop_last(&run->steps);
	}
	return 0;
}

/* "60 minutes", "1 minute", "90 seconds". */
static struct text duration_text(struct arena *arena, int64_t seconds)
{
	bool minutes = seconds % 60 == 0;
	int64_t count = minutes ? seconds / 60 : seconds;

	return arena_printf(arena, "%lld %s%s", (long long)count, minutes ? "minute" : "second",
		count == 1 ? "" : "s");
}

static int expire(struct run *run, struct store_amend *amend, struct error *err)
{
	struct arena *arena = &run->steps.arena;
	struct live_plan plan;
	struct text detail, duration;

	if (!run->exists || run->call.state != CALL_LIVE ||
		run->heard > amend->heard - amend->timeout_s) {
		return 0;
	}
	if (load(run, err) < 0) {
		return -1;
	}
	amend->ended = true;
	run->call.state = CALL_ENDED;
	if (!run->call.has_detail) {
		return 0;
	}
	duration = duration_text(arena, amend->timeout_s);
	detail = arena_printf(arena, "[" SILENT_BEGIN "%.*s" SILENT_END "%lld}]",
		TEXT_ARG(duration), (long long)run->call.end);
	if (!duration.data || !detail.data ||
		live_steps_plan_from(&run->steps, detail, run->steps.count, &plan, err) < 0) {
		return error_no_memory(err);
	}
	return live_steps_apply(&run->steps, &plan, err);
}

static void tell(const struct run *run, struct store_amend *amend)
{
	if (!run->exists) {
		return;
	}
	amend->start = run->call.start;
	amend->end = run->call.end;
	amend->state = run->call.state;
	amend->steps_held = run->loaded ? (uint32_t)run->steps.count : run->call.steps;
}

void store_amend_forget(struct store_amend *amend)
{
	amend->result = STORE_AMENDED;
	amend->created = amend->ended = false;
	amend->added = amend->duplicates = amend->steps_held = 0;
	amend->start = amend->end = 0;
	amend->state = CALL_ENDED;
}

static int apply_amend(struct run *run, struct store_amend *amend, struct error *err)
{
	int failed;

	store_amend_forget(amend);
	failed = amend->timeout_s > 0 ? expire(run, amend, err) : amend_call(run, amend, err);
	if (failed < 0) {
		return -1;
	}
	if (amend->timeout_s == 0 && amend->result == STORE_AMENDED) {
		run->heard = amend->heard > run->heard ? amend->heard : run->heard;
		run->reviewed = amend->review ? amend : run->reviewed;
	}
	tell(run, amend);
	return 0;
}

/* ---- what comes out ---- */

/* The first step that is not as it was held. */
static int find_first(const struct run *run, int64_t *ret_first, struct error *err)
{
	if (!run->held->exists || !run->held->call.has_detail || run->replaced) {
		*ret_first = run->replaced || run->steps.count > 0 ? 0 : -1;
		return 0;
	}
	if (!run->loaded) {
		*ret_first = -1;
		return 0;
	}
	return live_steps_compare(
		&run->steps, call_json_detail(buffer_text(&run->repacker->held)), ret_first, err);
}

/* Shows the steps to the review, and takes those that it gives instead. */
static int review(struct run *run, struct error *err)
{
	AUTO(buffer_deinit) struct buffer detail, hidden;
	const struct store_amend *amend = run->reviewed;
	int changed;

	buffer_init(&detail, UINT32_MAX);
	buffer_init(&hidden, UINT32_MAX);
	buffer_clear(&run->text);
	live_steps_write(&run->steps, &run->text);
	if (run->text.failed) {
		return error_no_memory(err);
	}
	changed = amend->review(
		amend->review_context, buffer_text(&run->text), run->hidden, &detail, &hidden, err);
	if (changed < 0) {
		return -1;
	}
	if (detail.failed || hidden.failed) {
		return error_no_memory(err);
	}
	run->hidden = arena_copy(run->arena, hidden.data ? buffer_text(&hidden) : TEXT(""));
	if (changed > 0) {
		struct text copy = arena_copy(run->arena, buffer_text(&detail));

		live_steps_clear(&run->steps);
		return copy.data ? take_steps(run, copy, err) : error_no_memory(err);
	}
	return run->hidden.data ? 0 : error_no_memory(err);
}

static bool same_header(const struct call *a, const struct call *b)
{
	return a->start == b->start && a->type == b->type && a->state == b->state &&
	       a->has_detail == b->has_detail && text_equal(a->dest, b->dest) &&
	       text_equal(a->src, b->src) && (a->state == CALL_LIVE || a->end == b->end) &&
	       a->outcome == b->outcome && a->ended_by == b->ended_by &&
	       a->answered == b->answered && a->told == b->told &&
	       (a->state == CALL_LIVE || a->talk == b->talk);
}

/* How the call went, by the steps as they are now. A call whose steps are over their days stays as
 * it was. */
static int find_outcome(struct run *run, struct error *err)
{
	if (!run->loaded || (!run->call.has_detail && run->held->exists)) {
		return 0;
	}
	buffer_clear(&run->text);
	live_steps_write(&run->steps, &run->text);
	if (run->text.failed) {
		return error_no_memory(err);
	}
	return call_outcome_find(
		&run->call, run->call.has_detail ? buffer_text(&run->text) : (struct text){0}, err);
}

/* Packs the call as it is now. */
static int pack(struct run *run, struct store_put *put, struct error *err)
{
	struct store_repacker *repacker = run->repacker;
	struct text detail;

	if (!put->call.has_detail) {
		return 0;
	}
	put->call.steps = (uint32_t)run->steps.count;
	buffer_clear(&run->text);
	live_steps_write(&run->steps, &run->text);
	buffer_clear(&repacker->json);
	buffer_clear(&repacker->packed);
	detail = buffer_text(&run->text);
	call_json_write(&repacker->json, &put->call, detail);
	if (run->text.failed || store_repacker_pack(repacker, &put->packed, err) < 0) {
		return error_no_memory(err);
	}
	put->packed.deflate = arena_copy(run->arena, put->packed.deflate);
	if (!put->packed.deflate.data) {
		return error_no_memory(err);
	}
	if (put->call.state == CALL_LIVE) {
		return store_index_make_kinds(
			&repacker->indexer, detail, put->call.steps, run->arena, &put->index, err);
	}
	return store_index_make(&repacker->indexer, put->account_id, detail, put->call.steps,
		run->arena, &put->index, err);
}

static int finish(
	struct run *run, int64_t account_id, struct store_amended *amended, struct error *err)
{
	const struct store_held *held = run->held;

	amended->exists = run->exists;
	amended->heard = run->heard;
	if (!run->exists || find_first(run, &amended->first_step, err) < 0) {
		return run->exists ? -1 : 0;
	}
	if (amended->first_step >= 0 && run->reviewed &&
		(review(run, err) < 0 || find_first(run, &amended->first_step, err) < 0)) {
		return -1;
	}
	if (find_outcome(run, err) < 0) {
		return -1;
	}
	amended->hidden = run->hidden;
	amended->header = run->was_put || !held->exists || !same_header(&run->call, &held->call);
	amended->changed = amended->header || amended->first_step >= 0;
	amended->put = (struct store_put){.account_id = account_id, .call = run->call};
	return amended->changed ? pack(run, &amended->put, err) : 0;
}

int store_amend_session(struct store_repacker *repacker, const struct store_session *session,
	const struct store_held *held, struct arena *arena, struct store_amended *ret_amended,
	struct error *err)
{
	AUTO(run_end) struct run run;
	struct store_amended amended = {.first_step = -1};

	run_init(&run, repacker, held, arena);
	if (store_repacker_begin(repacker, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < session->count; i++) {
		const struct store_entry *entry = session->entries[i];

		if ((entry->put ? apply_put(&run, entry->put, err)
				: apply_amend(&run, entry->amend, err)) < 0) {
			return -1;
		}
	}
	if (finish(&run, session->account_id, &amended, err) < 0) {
		return -1;
	}
	*ret_amended = amended;
	return 0;
}
