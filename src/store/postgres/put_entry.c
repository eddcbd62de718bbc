/* SPDX-License-Identifier: MIT
 * What is put, brought to one entry a call. The same call may come several times in one put:
 * only how it ends has to be written. */
#include "call/call_steps.h"
#include "store/postgres/put.h"

static void finish(struct put_entry *entry)
{
	entry->call = entry->header->call;
	entry->dest_key = call_number_key(entry->call.dest, entry->key_buffer);
	entry->src_key = call_number_key(entry->call.src, entry->src_buffer);
	if (entry->detail) {
		entry->call.has_detail = true;
		entry->call.steps = entry->detail->call.steps;
		entry->packed = entry->detail->packed;
	}
}

/* What of @put and the steps @held is to be stored: 1 when that is *@ret_joined, in the run's
 * memory, 0 when it is @put. */
static int join(struct put_run *run, const struct packed *held, struct store_put *put,
	struct store_put **ret_joined, struct error *err)
{
	struct store_put *joined = arena_calloc(run->memory, 1, sizeof(*joined));
	int parts;
	bool others;

	if (!joined) {
		return error_no_memory(err);
	}
	parts = store_join(&run->repacker, held, put, run->memory, joined, &others, err);
	if (parts >= 0) {
		put->others |= others;
		*ret_joined = joined;
	}
	return parts;
}

/* @put is the entry's last so far. */
static int take_put(
	struct put_run *run, struct put_entry *entry, struct store_put *put, struct error *err)
{
	struct store_put *joined = NULL;
	int parts = 0;

	if (entry->detail && put->call.has_detail && put->recorded) {
		parts = join(run, &entry->detail->packed, put, &joined, err);
	}
	if (parts < 0) {
		return -1;
	}
	entry->header = parts > 0 ? joined : put;
	if (put->call.has_detail) {
		entry->detail = entry->header;
		entry->last_detail = put;
	}
	return 0;
}

static int make_entry(struct put_run *run, struct put_entry *entry,
	const struct store_session *session, struct error *err)
{
	*entry = (struct put_entry){
		.run = run,
		.account_id = session->account_id,
		.session_id = session->session_id,
		.session = session,
		.last = (size_t)(session->entries[session->count - 1] - run->given),
		.amended = session->amended,
		.first_step = POSTGRES_NULL,
	};
	for (size_t i = 0; !entry->amended && i < session->count; i++) {
		if (take_put(run, entry, session->entries[i]->put, err) < 0) {
			return -1;
		}
	}
	if (!entry->amended) {
		finish(entry);
	}
	return 0;
}

int put_make_entries(struct put_run *run, struct error *err)
{
	struct store_session *sessions;

	if (store_sessions_sort(run->given, run->given_count, run->memory, &sessions,
		    &run->all_count, err) < 0) {
		return -1;
	}
	run->all = arena_calloc(run->memory, run->all_count, sizeof(*run->all));
	if (!run->all) {
		return error_no_memory(err);
	}
	run->entries = run->all;
	run->entries_count = run->all_count;
	for (size_t i = 0; i < run->entries_count; i++) {
		if (make_entry(run, &run->entries[i], &sessions[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* A put may come without its index, which is then made here. */
static int make_index(struct put_run *run, struct put_entry *entry, struct error *err)
{
	const struct store_put *put = entry->detail;

	if (put->index.made) {
		entry->index = put->index;
		return 0;
	}
	return store_index_packed(&run->repacker, put->account_id, put->call.steps, &put->packed,
		run->memory, &entry->index, err);
}

static int meet_kinds(struct put_run *run, struct put_entry *entry, struct error *err)
{
	return postgres_kind_meet(
		&run->kinds, entry->account_id, &entry->index, run->memory, &entry->kinds, err);
}

int put_make_indices(struct put_run *run, struct error *err)
{
	for (size_t i = 0; i < run->entries_count; i++) {
		struct put_entry *entry = &run->entries[i];

		if (entry->detail &&
			(make_index(run, entry, err) < 0 || meet_kinds(run, entry, err) < 0)) {
			return -1;
		}
	}
	return 0;
}

int put_join_held(struct put_run *run, struct put_entry *entry, struct error *err)
{
	struct store_put *joined = NULL;
	struct store_put put = *entry->detail;
	int parts = join(run, &entry->held_packed, &put, &joined, err);

	entry->last_detail->others |= parts >= 0 && put.others;
	if (parts <= 0) {
		return parts;
	}
	/* It begins where one of the two did. */
	if (joined->call.start == entry->held_start) {
		entry->part = entry->held_part;
	}
	entry->detail = entry->header = joined;
	finish(entry);
	entry->index = joined->index;
	return meet_kinds(run, entry, err);
}

/* ---- amendments ---- */

int put_guess_start(const struct put_entry *entry, int64_t *ret_start, struct error *err)
{
	int64_t start = -1;

	for (size_t i = 0; i < entry->session->count; i++) {
		const struct store_entry *given = entry->session->entries[i];
		struct call_step_look step;
		struct call_steps steps;

		if (given->put) {
			start = given->put->call.start;
		} else if ((given->amend->given & STORE_AMEND_START) != 0) {
			start = given->amend->call.start;
		} else if (start < 0 && given->amend->steps.data) {
			call_steps_init(&steps, given->amend->steps);
			if (call_steps_next(&steps, &step, err) < 0) {
				return -1;
			}
			start = step.timestamp;
		}
	}
	*ret_start = start;
	return 0;
}

/* Partition 0 takes what was not expected. */
static int64_t part_of(const struct put_entry *entry)
{
	int64_t start = entry->call.start, day = 86400;

	if (put_holds_detail(entry) && start == entry->held_start) {
		return entry->held_part;
	}
	return start / day == entry->part_start / day ? entry->part : 0;
}

/* How a change is written: see docs/storage-format.md. */
static int64_t change_of(const struct store_amended *outcome)
{
	if (outcome->first_step < 0) {
		return POSTGRES_NULL;
	}
	return outcome->header ? -1 - outcome->first_step : outcome->first_step;
}

static int work_out(struct put_run *run, struct put_entry *entry, struct error *err)
{
	struct store_amended *outcome = &entry->outcome;

	entry->detail = NULL;
	if (store_amend_session(
		    &run->repacker, entry->session, &entry->whole, run->memory, outcome, err) < 0) {
		return -1;
	}
	entry->unchanged = !outcome->exists || !outcome->changed;
	if (entry->unchanged) {
		return 0;
	}
	entry->first_step = change_of(outcome);
	entry->header = &outcome->put;
	entry->detail = outcome->put.call.has_detail ? &outcome->put : NULL;
	finish(entry);
	entry->part = part_of(entry);
	if (!entry->detail) {
		return 0;
	}
	entry->index = outcome->put.index;
	return meet_kinds(run, entry, err);
}

int put_work_out(struct put_run *run, struct error *err)
{
	for (size_t i = 0; i < run->entries_count; i++) {
		if (run->entries[i].amended && work_out(run, &run->entries[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}
