/* SPDX-License-Identifier: MIT
 * What is put, brought to one entry a call. The same call may come several times in one put:
 * only how it ends has to be written. */
#include "store/postgres/put.h"

/* The entry of the put's call; a new one where it is the first. */
static struct put_entry *entry_for(
	struct put_run *run, struct intern *names, struct buffer *name, size_t at)
{
	const struct store_put *put = &run->puts[at];
	uint32_t number;

	buffer_clear(name);
	buffer_append_int64(name, put->account_id);
	buffer_append_byte(name, ':');
	buffer_append(name, put->call.session_id);
	if (name->failed || !intern_number(names, buffer_text(name), &number)) {
		return NULL;
	}
	if (number == run->entries_count) {
		run->entries[run->entries_count++] = (struct put_entry){
			.run = run,
			.account_id = put->account_id,
			.session_id = put->call.session_id,
			.first = at,
		};
	}
	return &run->entries[number];
}

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
static int join(struct put_run *run, struct put_entry *entry, const struct packed *held,
	const struct store_put *put, struct store_put **ret_joined, struct error *err)
{
	struct store_put *joined = arena_calloc(&run->arena, 1, sizeof(*joined));
	int parts;
	bool others;

	if (!joined) {
		return error_no_memory(err);
	}
	parts = store_join(&run->repacker, held, put, &run->arena, joined, &others, err);
	if (parts >= 0) {
		run->puts[entry->last].others |= others;
		*ret_joined = joined;
	}
	return parts;
}

/* The put at @at is the entry's last so far. */
static int take_put(struct put_run *run, struct put_entry *entry, size_t at, struct error *err)
{
	const struct store_put *put = &run->puts[at];
	struct store_put *joined = NULL;
	int parts = 0;

	entry->last = at;
	if (entry->detail && put->call.has_detail && put->recorded) {
		parts = join(run, entry, &entry->detail->packed, put, &joined, err);
	}
	if (parts < 0) {
		return -1;
	}
	entry->header = parts > 0 ? joined : put;
	if (put->call.has_detail) {
		entry->detail = entry->header;
	}
	return 0;
}

int put_make_entries(struct put_run *run, struct error *err)
{
	AUTO(buffer_deinit) struct buffer name;
	struct intern names;

	buffer_init(&name, SIZE_MAX);
	intern_init(&names, &run->arena);
	run->entries = arena_calloc(&run->arena, run->puts_count, sizeof(*run->entries));
	if (!run->entries) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < run->puts_count; i++) {
		struct put_entry *entry = entry_for(run, &names, &name, i);

		if (!entry) {
			return error_no_memory(err);
		}
		if (take_put(run, entry, i, err) < 0) {
			return -1;
		}
	}
	for (size_t i = 0; i < run->entries_count; i++) {
		finish(&run->entries[i]);
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
		&run->arena, &entry->index, err);
}

static int meet_kinds(struct put_run *run, struct put_entry *entry, struct error *err)
{
	return postgres_kind_meet(
		&run->kinds, entry->account_id, &entry->index, &run->arena, &entry->kinds, err);
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
	int parts = join(run, entry, &entry->held_packed, entry->detail, &joined, err);

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
