/* SPDX-License-Identifier: MIT
 * The table of open calls. */
#include "collect/asterisk/live_calls.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "collect/asterisk/live_private.h"
#include "json/json_writer.h"

#define MS 1000

uint64_t live_hash(struct text text)
{
	static const struct hash_key key = {{0, 0}};
	uint64_t hash = hash_text(&key, text);

	return hash ? hash : 1;
}

int64_t live_now_us(const struct live_calls *live)
{
	return clock_now_s() * LIVE_SECOND_US + live->ahead_us;
}

void live_calls_set_clock(struct live_calls *live, int64_t ahead_us)
{
	live->ahead_us = ahead_us;
}

void live_calls_set_watching(struct live_calls *live, bool watching)
{
	live->unwatched = !watching;
}

static struct list *bucket(const struct live_calls *live, struct text linked_id)
{
	return &live->by_id[live_hash(linked_id) % LIVE_BUCKETS];
}

struct live_call *live_find(const struct live_calls *live, struct text linked_id)
{
	LIST_EACH(struct live_call, call, bucket(live, linked_id), by_id) {
		if (text_equal_string(linked_id, call->linked_id)) {
			return call;
		}
	}
	return NULL;
}

void live_note_bytes(struct live_calls *live, size_t before, size_t now)
{
	live->counts.bytes = live->counts.bytes - before + now;
}

/* ---- calls come and go ---- */

static struct live_before *find_before(struct live_calls *live, struct text linked_id)
{
	LIST_EACH(struct live_before, before, &live->before, link) {
		if (text_equal_string(linked_id, before->linked_id)) {
			return before;
		}
	}
	return NULL;
}

static struct live_call *add_call(struct live_calls *live, struct text linked_id, int64_t place)
{
	struct live_call *call = calloc(1, sizeof(*call));

	if (!call) {
		return NULL;
	}
	memcpy(call->linked_id, linked_id.data, linked_id.size);
	call->place = place;
	list_append(bucket(live, linked_id), &call->by_id);
	list_append(&live->by_use, &call->by_use);
	live->counts.open++;
	return call;
}

static void drop_rows(struct live_calls *live, struct live_call *call)
{
	if (call->rows) {
		live_note_bytes(live, call->rows->arena.used_bytes, 0);
		cel_call_destroy(call->rows);
		call->rows = NULL;
	}
}

static void remove_call(struct live_calls *live, struct live_call *call)
{
	uint64_t hash = live_hash(text_of(call->linked_id));

	live->closed[hash % LIVE_CLOSED] = hash;
	drop_rows(live, call);
	list_remove(bucket(live, text_of(call->linked_id)), &call->by_id);
	list_remove(&live->by_use, &call->by_use);
	live->counts.open--;
	free(call->hashes);
	free(call);
}

/* What is held of the call stands before what is told now. */
static int leave_rows(struct live_calls *live, struct live_call *call, struct error *err)
{
	if (live_send(live, call, false, err) < 0) {
		return -1;
	}
	call->base += (int64_t)call->told;
	call->told = 0;
	drop_rows(live, call);
	return 0;
}

/* ---- rows ---- */

static bool is_good_id(const struct live_calls *live, struct text linked_id)
{
	return linked_id.size > 0 &&
	       linked_id.size + strlen(live->options.prefix) <= CALL_SESSION_ID_MAX &&
	       !text_has_control(linked_id) && text_utf8_valid(linked_id, NULL);
}

static void note_end(struct live_call *call, const struct ami_row *row, bool added)
{
	/* A call that has too many rows ends as well. */
	if (!added && text_equal(row->field[CEL_EVENT_TYPE], TEXT("LINKEDID_END"))) {
		call->rows->has_ended = true;
		call->gone_s = row->time_us / LIVE_SECOND_US;
	}
	if (!call->rows->has_ended) {
		call->end_us = 0;
	} else if (call->end_us == 0) {
		call->end_us = clock_monotonic_us() + LIVE_LINGER_US;
	}
}

static void put_row(struct live_calls *live, struct live_call *call, const struct ami_row *row)
{
	/* Of a source that gives each row once, equal rows are several: none is dropped as a
	 * double. */
	uint64_t hash = live->options.by_arrival ? ++live->rows_made : row->hash;
	int64_t time_us = row->time_us;
	size_t before;
	bool added;

	if (!call->rows) {
		call->rows = cel_call_create(text_of(call->linked_id), 0);
		if (!call->rows) {
			live->counts.left_out++;
			call->left_out++;
			return;
		}
		live_note_bytes(live, 0, call->rows->arena.used_bytes);
	}
	if (live->options.by_arrival && call->rows->last &&
		time_us < call->rows->last->time_us - MS) {
		time_us = call->rows->last->time_us;
	}
	before = call->rows->arena.used_bytes;
	added = cel_call_add(call->rows, row->field, hash, time_us);
	live_note_bytes(live, before, call->rows->arena.used_bytes);
	call->left_out += !added;
	live->counts.left_out += !added;
	note_end(call, row, added);
	call->last_us = time_us;
	call->dirty = true;
	call->seen = true;
}

void live_add_step(struct live_calls *live, struct live_call *call, int64_t time_us,
	const char *line, const char *module, const char *data)
{
	AUTO(buffer_deinit) struct buffer extra = {0};
	struct text field[CEL_FIELDS];
	struct cel_channel *main = call->rows ? cel_call_main(call->rows) : NULL;
	struct ami_row row = {.field = field, .hash = ++live->rows_made, .time_us = time_us};
	bool seen = call->seen;

	for (int i = 0; i < CEL_FIELDS; i++) {
		field[i] = TEXT("");
	}
	buffer_init(&extra, 4096);
	buffer_printf(
		&extra, "{\"class\":\"info\",\"line\":\"%s\",\"module\":\"%s\"}", line, module);
	field[CEL_EVENT_TYPE] = TEXT("AMI_STEP");
	field[CEL_EXTRA] = buffer_text(&extra);
	field[CEL_USER_FIELD] = text_of(data);
	field[CEL_UNIQUE_ID] = main ? main->unique_id : text_of(call->linked_id);
	field[CEL_LINKED_ID] = text_of(call->linked_id);
	field[CEL_CHANNEL] = main ? main->name : TEXT("");
	put_row(live, call, &row);
	call->seen = seen;
}

/* The first row of a call that was open before this collector began. */
static void go_on(struct live_calls *live, struct live_call *call, struct live_before *before)
{
	struct text session_id = live_session_id(live, call->linked_id);
	int64_t gap_s = live_now_us(live) / LIVE_SECOND_US - before->last_s;
	char line[100], data[100];
	struct error err;

	snprintf(line, sizeof(line), "Not watched for %lld s: the collector was not running",
		(long long)gap_s);
	snprintf(data, sizeof(data), "{\"seconds\":%lld,\"reason\":\"stopped\"}", (long long)gap_s);
	live_add_step(live, call, live_now_us(live), line, "gap", data);
	live->counts.gaps++;
	list_remove(&live->before, &before->link);
	free(before);
	call->asking = live->options.ask &&
		       live->options.ask(live->options.context, session_id, &err) == 0;
}

void live_calls_add_row(struct live_calls *live, const struct ami_row *row, int64_t place)
{
	struct text linked_id = row->field[CEL_LINKED_ID].size ? row->field[CEL_LINKED_ID]
							       : row->field[CEL_UNIQUE_ID];
	struct text field[CEL_FIELDS];
	struct ami_row again = *row;
	struct live_before *before;
	struct live_call *call;

	live->counts.rows++;
	if (!is_good_id(live, linked_id)) {
		live->counts.bad_ids++;
		return;
	}
	call = live_find(live, linked_id);
	if (!call && live->closed[live_hash(linked_id) % LIVE_CLOSED] == live_hash(linked_id)) {
		live->counts.late_rows++;
		return;
	}
	if (call && text_equal(row->field[CEL_EVENT_TYPE], TEXT("AMI_STILL"))) {
		call->seen = true;
		return;
	}
	before = call ? NULL : find_before(live, linked_id);
	call = call ? call : add_call(live, linked_id, place);
	if (!call) {
		live->counts.left_out++;
		return;
	}
	if (before && text_equal(row->field[CEL_EVENT_TYPE], TEXT("AMI_UP"))) {
		memcpy(field, row->field, sizeof(field));
		field[CEL_EVENT_TYPE] = TEXT("AMI_AGAIN");
		again.field = field;
	}
	put_row(live, call, &again);
	list_remove(&live->by_use, &call->by_use);
	list_append(&live->by_use, &call->by_use);
	if (before) {
		go_on(live, call, before);
	}
}

int64_t live_calls_least_place(const struct live_calls *live, int64_t otherwise)
{
	int64_t least = otherwise;

	LIST_EACH(struct live_call, call, &live->by_use, by_use) {
		least = call->final_at == 0 && call->place < least ? call->place : least;
	}
	return least;
}

bool live_calls_linger(const struct live_calls *live)
{
	bool lingers = false;

	LIST_EACH(struct live_call, call, &live->by_use, by_use) {
		lingers |= call->end_us > 0 && call->final_at == 0;
	}
	return lingers;
}

void live_calls_list(const struct live_calls *live, struct buffer *list)
{
	const char *before = "[";

	LIST_EACH(struct live_call, call, &live->by_use, by_use) {
		if (call->final_at == 0) {
			buffer_append(list, text_of(before));
			json_write_string(list, text_of(call->linked_id));
			before = ",";
		}
	}
	buffer_append(list, text_of(before[0] == '[' ? "[]" : "]"));
}

/* ---- telling ---- */

static int turn_call(struct live_calls *live, struct live_call *call, bool all, struct error *err)
{
	int64_t now_us = clock_monotonic_us();

	if (call->asking) {
		return 0;
	}
	if (call->final_at > 0 && !call->dirty) {
		if (spool_counts(live->options.spool).acknowledged_bytes >= call->final_at) {
			remove_call(live, call);
		}
		return 0;
	}
	if (call->end_us > 0 && now_us >= call->end_us) {
		live->counts.calls += call->final_at == 0;
		return live_send(live, call, true, err);
	}
	if (call->dirty && (all || now_us >= call->next_us)) {
		return live_send(live, call, false, err);
	}
	if (call->opened && !live->unwatched && now_us - call->told_us >= LIVE_HEARTBEAT_US) {
		return live_heartbeat(live, call, err);
	}
	return 0;
}

/* While the server is away, calls that are over wait for its answer. They could be told again. */
static void forget_ended(struct live_calls *live)
{
	LIST_EACH(struct live_call, call, &live->by_use, by_use) {
		if (live->counts.bytes <= LIVE_ENDED_BYTES_MAX) {
			return;
		}
		if (call->final_at > 0) {
			remove_call(live, call);
		}
	}
}

/* Calls whose end never came would otherwise fill the memory. */
static int make_room(struct live_calls *live, struct error *err)
{
	forget_ended(live);
	LIST_EACH(struct live_call, call, &live->by_use, by_use) {
		if (live->counts.bytes <= LIVE_CALLS_BYTES_MAX) {
			return 0;
		}
		if (call->rows && leave_rows(live, call, err) < 0) {
			return -1;
		}
	}
	return 0;
}

int live_calls_turn(struct live_calls *live, bool all, struct error *err)
{
	LIST_EACH(struct live_call, call, &live->by_use, by_use) {
		if (turn_call(live, call, all, err) < 0) {
			return -1;
		}
	}
	return make_room(live, err);
}

/* ---- what the server says ---- */

/* The linkedid of @session_id; empty when it does not begin with the prefix. */
static struct text without_prefix(const struct live_calls *live, struct text session_id)
{
	struct text prefix = text_of(live->options.prefix);

	return text_starts_with(session_id, prefix) ? text_tail(session_id, prefix.size) : TEXT("");
}

bool live_calls_conflict(struct live_calls *live, struct text session_id, int64_t held)
{
	struct live_call *call = live_find(live, without_prefix(live, session_id));

	if (!call || !call->rows) {
		return false;
	}
	/* Lines that were spooled before the correction are refused as well. */
	if (call->correcting ||
		spool_counts(live->options.spool).acknowledged_bytes < call->corrected_at) {
		return true;
	}
	if (held < call->base) {
		call->base = held;
		call->told = 0;
		live_add_step(live, call, live_now_us(live),
			"Steps before this are missing: the server does not hold them", "gap",
			"{\"reason\":\"lost\"}");
		live->counts.gaps++;
	} else if ((size_t)(held - call->base) < call->told) {
		call->told = (size_t)(held - call->base);
	}
	call->header_hash = 0;
	call->opened = false;
	call->dirty = call->correcting = true;
	call->next_us = 0;
	if (call->final_at > 0) { /* it is ended anew */
		call->final_at = 0;
		call->end_us = 1;
		live->counts.calls--;
	}
	return true;
}

void live_calls_held(struct live_calls *live, struct text session_id, int64_t steps)
{
	struct live_call *call = live_find(live, without_prefix(live, session_id));

	if (call) {
		call->asking = false;
		call->base = steps < 0 ? 0 : steps;
		call->opened = steps >= 0;
	}
}

/* ---- the table ---- */

AUTO_POINTER(struct live_calls *, live_calls_destroy);

int live_calls_create(
	struct live_calls **ret_live, const struct live_calls_options *options, struct error *err)
{
	AUTO(live_calls_destroyp) struct live_calls *live = calloc(1, sizeof(*live));

	if (!live) {
		return error_no_memory(err);
	}
	live->options = *options;
	buffer_init(&live->line, LIVE_LINE_MAX);
	buffer_init(&live->detail, LIVE_LINE_MAX);
	buffer_init(&live->scratch, 4096);
	live->by_id = calloc(LIVE_BUCKETS, sizeof(*live->by_id));
	live->closed = calloc(LIVE_CLOSED, sizeof(*live->closed));
	if (!live->by_id || !live->closed) {
		return error_no_memory(err);
	}
	*ret_live = live;
	live = NULL;
	return 0;
}

void live_calls_destroy(struct live_calls *live)
{
	if (!live) {
		return;
	}
	LIST_EACH(struct live_call, call, &live->by_use, by_use) {
		remove_call(live, call);
	}
	LIST_EACH(struct live_before, before, &live->before, link) {
		free(before);
	}
	buffer_deinit(&live->line);
	buffer_deinit(&live->detail);
	buffer_deinit(&live->scratch);
	free(live->by_id);
	free(live->closed);
	free(live);
}

struct live_calls_counts live_calls_counts(const struct live_calls *live)
{
	return live->counts;
}
