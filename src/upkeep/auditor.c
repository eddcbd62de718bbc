/* SPDX-License-Identifier: MIT
 * Gathering and writing records. Two tables take turns: one is filled while the other is written. A
 * third has the wrong keys of a minute. Anyone can send them without end: the first of each kind is
 * a record, and what came again makes two a second at most. */
#include "upkeep/auditor.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/thread.h"
#include "metric/metric.h"

#define WRITE_EVERY_US INT64_C(1000000)
#define MINUTE_US      INT64_C(60000000)
#define ENTRIES_MAX    2048 /* beyond them, only how often is counted, in the last one */
#define SLOTS	       4096 /* a power of two, at least twice ENTRIES_MAX */
#define ADDRESS_MAX    46
#define SUBJECT_KEPT   256
#define ACCOUNT_BYTES  ((size_t)16384)

/* What a record is told apart by stands in one text: address, user, subject, one after the other.
 */
struct entry {
	uint64_t hash;
	struct store_audit record;
	char texts[ADDRESS_MAX + SUBJECT_KEPT];
};

struct gathered {
	size_t count;
	uint32_t slots[SLOTS]; /* of a struct hash_table */
	struct entry entries[ENTRIES_MAX];
};

struct auditor {
	struct auditor_options options;
	struct hash_key key;
	struct thread thread;
	bool failing;
	_Atomic uint64_t failures; /* the thread's */
	struct gathered *filling;  /* under the lock */
	/* wrong keys of this minute, which began at minute_us; under the lock */
	struct gathered *refused;
	int64_t minute_us;
	struct gathered *written;    /* the thread's; not empty: its writing failed */
	struct store_audit *records; /* for writing: ENTRIES_MAX of them */
};

/* ---- filling ---- */

static uint64_t hash_of(const struct auditor *auditor, const struct store_audit *record)
{
	uint64_t hash = hash_text(&auditor->key, record->subject) ^
			hash_text(&auditor->key, record->address) * 3;

	/* The action is a literal: its address is as good as its letters. */
	hash = hash_pair(&auditor->key, hash, (uint64_t)(uintptr_t)record->action.data);
	hash = hash_pair(&auditor->key, hash, (uint64_t)record->account_id);
	return hash_pair(
		&auditor->key, hash, (uint64_t)record->key_id * 4 + (unsigned int)record->outcome);
}

static bool is_same(const struct entry *entry, uint64_t hash, const struct store_audit *record)
{
	const struct store_audit *held = &entry->record;

	return entry->hash == hash && held->account_id == record->account_id &&
	       held->key_id == record->key_id && held->outcome == record->outcome &&
	       text_equal(held->action, record->action) &&
	       text_equal(held->address, record->address) &&
	       text_equal(held->subject, record->subject);
}

static struct entry *find(
	struct gathered *gathered, uint64_t hash, const struct store_audit *record)
{
	const struct hash_table table = {.slots = gathered->slots, .size = SLOTS};

	HASH_TABLE_EACH(place, &table, hash) {
		if (is_same(&gathered->entries[place], hash, record)) {
			return &gathered->entries[place];
		}
	}
	return NULL;
}

static void count_in(struct store_audit *held, const struct store_audit *record)
{
	held->times += record->times;
	held->time = record->time;
	if (record->calls >= 0) {
		held->calls = (held->calls < 0 ? 0 : held->calls) + record->calls;
	}
}

/* Counts @record with the one that is the same; false where there is none. */
static bool count_same(struct gathered *gathered, uint64_t hash, const struct store_audit *record)
{
	struct entry *entry = find(gathered, hash, record);

	if (entry) {
		count_in(&entry->record, record);
	}
	return entry != NULL;
}

static struct entry *add(struct gathered *gathered, uint64_t hash, const struct store_audit *record)
{
	struct hash_table table = {.slots = gathered->slots, .size = SLOTS};
	struct entry *entry = &gathered->entries[gathered->count];

	hash_table_put(&table, hash, (uint32_t)gathered->count++);
	entry->hash = hash;
	entry->record = *record;
	memcpy(entry->texts, record->address.data, record->address.size);
	memcpy(entry->texts + ADDRESS_MAX, record->subject.data, record->subject.size);
	entry->record.address.data = entry->texts;
	entry->record.subject.data = entry->texts + ADDRESS_MAX;
	return entry;
}

static void empty(struct gathered *gathered)
{
	gathered->count = 0;
	memset(gathered->slots, 0, sizeof(gathered->slots));
}

static size_t count_subjects(const struct gathered *gathered, int64_t account_id)
{
	size_t count = 0;

	for (size_t i = 0; i < gathered->count; i++) {
		count += gathered->entries[i].record.account_id == account_id;
	}
	return count;
}

static void note_more(
	struct auditor *auditor, struct gathered *gathered, const struct store_audit *record)
{
	struct store_audit more = *record;
	uint64_t hash;

	more.subject = TEXT(AUDITOR_MORE);
	hash = hash_of(auditor, &more);
	if (count_same(gathered, hash, &more)) {
		return;
	}
	if (gathered->count >= ENTRIES_MAX - 1) {
		/* More accounts, keys and addresses in one second than are told apart: how much
		 * happened is all that is left. */
		more.account_id = more.key_id = 0;
		more.address = TEXT("");
		more.action = TEXT("others");
		more.outcome = STORE_DONE;
		hash = hash_of(auditor, &more);
		if (count_same(gathered, hash, &more)) {
			return;
		}
	}
	add(gathered, hash, &more);
}

/* Under the lock. @record stands for as often as its times say. */
static void fill(struct auditor *auditor, const struct store_audit *record)
{
	struct gathered *gathered = auditor->filling;
	uint64_t hash = hash_of(auditor, record);

	if (gathered->count == 0) {
		thread_wake(&auditor->thread);
	}
	if (count_same(gathered, hash, record)) {
		return;
	}
	if (gathered->count < ENTRIES_MAX - 1 &&
		count_subjects(gathered, record->account_id) < AUDITOR_SUBJECTS_MAX) {
		add(gathered, hash, record);
	} else {
		note_more(auditor, gathered, record);
	}
}

/* ---- wrong keys ---- */

static bool is_wrong_key(const struct store_audit *record)
{
	return record->outcome == STORE_REFUSED && record->account_id == 0 && record->key_id == 0;
}

static void fill_refused(struct auditor *auditor, const struct store_audit *record)
{
	struct gathered *gathered = auditor->refused;
	struct store_audit other = *record;
	uint64_t hash = hash_of(auditor, record);

	if (gathered->count == 0) {
		auditor->minute_us = clock_monotonic_us();
	}
	if (count_same(gathered, hash, record)) {
		return;
	}
	if (gathered->count < AUDITOR_REFUSED_MAX) {
		add(gathered, hash, record)->record.times = 0;
		fill(auditor, record);
		return;
	}
	other.address = TEXT("");
	other.subject = TEXT(AUDITOR_MORE);
	hash = hash_of(auditor, &other);
	if (!count_same(gathered, hash, &other)) {
		add(gathered, hash, &other);
	}
}

/* Of those that came again since they were last written, the one that came most often; *ret_count:
 * how many they are. */
static struct entry *find_most(struct gathered *gathered, size_t *ret_count)
{
	struct entry *most = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < gathered->count; i++) {
		struct entry *entry = &gathered->entries[i];

		if (entry->record.times > 0) {
			most = !most || entry->record.times > most->record.times ? entry : most;
			(*ret_count)++;
		}
	}
	return most;
}

/* Under the lock: what came again is to be written. Where more than two kinds did, all but one
 * share a record. */
static void move_refused(struct auditor *auditor)
{
	struct gathered *gathered = auditor->refused;
	size_t count;
	const struct entry *most = find_most(gathered, &count);

	for (size_t i = 0; i < gathered->count; i++) {
		struct entry *entry = &gathered->entries[i];
		struct store_audit record = entry->record;

		if (record.times == 0) {
			continue;
		}
		if (entry != most && count > 2) {
			record.address = TEXT("");
			record.subject = TEXT(AUDITOR_MORE);
		}
		fill(auditor, &record);
		entry->record.times = 0;
	}
	if (clock_monotonic_us() - auditor->minute_us >= MINUTE_US) {
		empty(gathered);
	}
}

static struct text cut(struct text text, size_t max)
{
	if (text.size <= max) {
		return text;
	}
	/* Not within a character. */
	while (max > 0 && ((unsigned char)text.data[max] & 0xc0) == 0x80) {
		max--;
	}
	return text_head(text, max);
}

void auditor_note(struct auditor *auditor, const struct store_audit *record)
{
	struct store_audit kept = *record;

	kept.times = 1;
	kept.address = cut(kept.address, ADDRESS_MAX);
	kept.subject = cut(kept.subject, SUBJECT_KEPT);
	thread_lock(&auditor->thread);
	if (is_wrong_key(&kept)) {
		fill_refused(auditor, &kept);
	} else {
		fill(auditor, &kept);
	}
	thread_unlock(&auditor->thread);
}

uint64_t auditor_failures(struct auditor *auditor)
{
	return metric_read(&auditor->failures);
}

/* ---- subjects ---- */

#define KEY_BEGINNING "cs_"
#define KEY_SIZE_MIN  16

static bool is_key_byte(char c)
{
	return text_is_alphanumeric(c) || c == '_' || c == '-';
}

/* The bytes of what looks like a key at the start of @text; 0: nothing does. */
static size_t key_size(struct text text)
{
	size_t size = sizeof(KEY_BEGINNING) - 1;

	if (!text_starts_with(text, TEXT(KEY_BEGINNING))) {
		return 0;
	}
	while (size < text.size && is_key_byte(text.data[size])) {
		size++;
	}
	return size >= KEY_SIZE_MIN ? size : 0;
}

/* What stands for the front of @rest, and how much of it that is. */
static struct text next_piece(struct text rest, size_t *ret_taken)
{
	size_t key = key_size(rest);
	size_t length = text_utf8_length(rest);

	*ret_taken = key > 0 ? key : length > 0 ? length : 1;
	if (key > 0) {
		return TEXT("(key)");
	}
	return length == 0 || text_is_control(text_head(rest, length)) ? TEXT("?")
								       : text_head(rest, length);
}

struct text auditor_subject(struct text text, char buffer[STORE_SUBJECT_MAX])
{
	size_t size = 0;

	while (text.size > 0) {
		size_t taken;
		struct text piece = next_piece(text, &taken);

		if (size + piece.size > STORE_SUBJECT_MAX) {
			break;
		}
		memcpy(buffer + size, piece.data, piece.size);
		size += piece.size;
		text = text_tail(text, taken);
	}
	return (struct text){.data = buffer, .size = size};
}

/* ---- writing ---- */

static void tell(struct auditor *auditor, const struct error *err)
{
	if (auditor->failing != (err != NULL) && auditor->options.failed) {
		auditor->options.failed(auditor->options.context, err);
	}
	auditor->failing = err != NULL;
}

/* A refusal whose subject is an account's e-mail belongs to that account, whose owner so learns
 * that somebody tried. The account is looked up here, not while the client waits: the time that
 * takes would tell whether there is such an account. */
static void find_account(struct auditor *auditor, struct store_audit *record)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_account account;

	arena_init(&arena, ACCOUNT_BYTES);
	if (record->account_id != 0 || record->key_id != 0 || record->outcome != STORE_REFUSED) {
		return;
	}
	if (store_account_find(auditor->options.store, record->subject, &arena, &account, NULL) >
		0) {
		record->account_id = account.id;
	}
}

/* Writes auditor->written. What fails stays for the next time. */
static void write_gathered(struct auditor *auditor)
{
	struct gathered *gathered = auditor->written;
	struct error err;

	for (size_t i = 0; i < gathered->count; i++) {
		auditor->records[i] = gathered->entries[i].record;
		find_account(auditor, &auditor->records[i]);
	}
	if (store_audit_add(auditor->options.store, auditor->records, gathered->count, &err) < 0) {
		metric_add(&auditor->failures, 1);
		tell(auditor, &err);
		return;
	}
	tell(auditor, NULL);
	empty(gathered);
}

/* Under the lock: takes what was gathered, unless what was taken before is not written yet. */
static void take(struct auditor *auditor)
{
	if (auditor->written->count == 0) {
		struct gathered *filled = auditor->filling;

		auditor->filling = auditor->written;
		auditor->written = filled;
	}
}

/* Waits for the first record, then for a second in which others gather. False when the thread is to
 * end. */
static bool gather(struct auditor *auditor)
{
	while (auditor->filling->count == 0 && auditor->written->count == 0 &&
		auditor->refused->count == 0) {
		if (!thread_wait(&auditor->thread, -1)) {
			return false;
		}
	}
	return thread_rest(&auditor->thread, WRITE_EVERY_US);
}

static void *write_records(void *context)
{
	struct auditor *auditor = context;

	thread_lock(&auditor->thread);
	while (gather(auditor)) {
		move_refused(auditor);
		take(auditor);
		thread_unlock(&auditor->thread);
		write_gathered(auditor);
		thread_lock(&auditor->thread);
	}
	/* What is left: what failed before, then what came since. */
	move_refused(auditor);
	for (int i = 0; i < 2; i++) {
		take(auditor);
		write_gathered(auditor);
	}
	thread_unlock(&auditor->thread);
	return NULL;
}

int auditor_create(
	struct auditor **ret_auditor, const struct auditor_options *options, struct error *err)
{
	AUTO(auditor_destroyp) struct auditor *auditor = calloc(1, sizeof(*auditor));

	if (!auditor) {
		return error_no_memory(err);
	}
	auditor->options = *options;
	auditor->key = hash_key_random();
	thread_init(&auditor->thread);
	auditor->filling = calloc(1, sizeof(*auditor->filling));
	auditor->written = calloc(1, sizeof(*auditor->written));
	auditor->refused = calloc(1, sizeof(*auditor->refused));
	auditor->records = calloc(ENTRIES_MAX, sizeof(*auditor->records));
	if (!auditor->filling || !auditor->written || !auditor->refused || !auditor->records) {
		return error_no_memory(err);
	}
	if (thread_start(&auditor->thread, write_records, auditor, "the thread of the audit trail",
		    err) < 0) {
		return -1;
	}
	*ret_auditor = auditor;
	auditor = NULL;
	return 0;
}

void auditor_destroy(struct auditor *auditor)
{
	if (!auditor) {
		return;
	}
	thread_stop(&auditor->thread);
	free(auditor->filling);
	free(auditor->written);
	free(auditor->refused);
	free(auditor->records);
	thread_deinit(&auditor->thread);
	free(auditor);
}
