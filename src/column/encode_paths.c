/* SPDX-License-Identifier: MIT
 * Paths: each different one once, with its shape (which kinds it has) and its visits (which places,
 * in which order). Calls take few paths, paths have fewer shapes and visits, so a question about
 * steps is asked of some thousand of these and not of each call. */
#include "base/intern.h"
#include "call/filter.h"
#include "column/encode.h"
#include "column/sequence.h"

#define NOT_THERE UINT32_MAX

struct paths {
	struct column_encoder *encoder;
	uint32_t *local;     /* by the account's id: its place in block_kinds */
	uint32_t local_size; /* of it */
	uint32_t *places;    /* by place in block_kinds: the first kind of the same place */
	uint32_t *scratch;   /* room for the longest path */
	uint32_t *stamps;    /* by place in block_kinds: the shape it was seen in last */
	struct intern paths, shapes, visits;
	uint32_t *codes;    /* by call: its path */
	uint32_t *calls;    /* by path: how many calls have it */
	uint32_t *visit_of; /* by path: its visits */
};

/* ---- the block's kinds ---- */

struct counted {
	const struct column_kind *kind;
	uint64_t steps;
};

static int most_first(const void *left, const void *right)
{
	const struct counted *a = left, *b = right;

	if (a->steps != b->steps) {
		return a->steps > b->steps ? -1 : 1;
	}
	return a->kind->id < b->kind->id ? -1 : a->kind->id > b->kind->id;
}

static int count_kinds(struct paths *paths, struct counted *counted, struct error *err)
{
	const struct column_encoder *encoder = paths->encoder;

	for (size_t i = 0; i < encoder->kinds->count; i++) {
		counted[i].kind = &encoder->kinds->items[i];
		paths->local[counted[i].kind->id] = (uint32_t)i;
	}
	for (uint32_t i = 0; i < encoder->count; i++) {
		const struct column_row *row = &encoder->rows[i];

		for (uint32_t step = 0; step < row->call.steps; step++) {
			uint32_t id = row->kinds[step];

			if (id >= paths->local_size || paths->local[id] == NOT_THERE) {
				return error_set(err, ERROR_INVALID,
					"call %u of a block: kind %u of its step %u is not known",
					i, id, step);
			}
			counted[paths->local[id]].steps++;
		}
	}
	return 0;
}

static int find_kinds(struct paths *paths, struct error *err)
{
	struct column_encoder *encoder = paths->encoder;
	size_t count = encoder->kinds->count;
	struct counted *counted = arena_calloc(&encoder->arena, count, sizeof(*counted));

	paths->local_size = count > 0 ? encoder->kinds->items[count - 1].id + 1 : 0;
	paths->local = arena_calloc(&encoder->arena, paths->local_size, sizeof(*paths->local));
	encoder->block_kinds = arena_calloc(&encoder->arena, count, sizeof(*encoder->block_kinds));
	if (!counted || !paths->local || !encoder->block_kinds) {
		return error_no_memory(err);
	}
	memset(paths->local, 0xff, paths->local_size * sizeof(*paths->local));
	if (count_kinds(paths, counted, err) < 0) {
		return -1;
	}
	qsort(counted, count, sizeof(*counted), most_first);
	for (size_t i = 0; i < count && counted[i].steps > 0; i++) {
		encoder->block_kinds[i] = counted[i].kind;
		paths->local[counted[i].kind->id] = (uint32_t)i;
		encoder->block_kinds_count++;
	}
	return 0;
}

static bool same_place(const struct column_kind *a, const struct column_kind *b)
{
	return text_equal(a->module, b->module) && text_equal(a->variable, b->variable);
}

/* The first kind of each place stands for it. */
static int find_places(struct paths *paths, struct error *err)
{
	struct column_encoder *encoder = paths->encoder;
	struct hash_key key = hash_key_random();
	struct hash_table table = {0};

	paths->places =
		arena_calloc(&encoder->arena, encoder->block_kinds_count, sizeof(*paths->places));
	if (!paths->places ||
		hash_table_make_room(&table, &encoder->arena, encoder->block_kinds_count) < 0) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; i < encoder->block_kinds_count; i++) {
		const struct column_kind *kind = encoder->block_kinds[i];
		uint64_t hash = hash_text(&key, kind->module) ^ hash_text(&key, kind->variable)
									<< 1;
		uint32_t place = i;

		HASH_TABLE_EACH(other, &table, hash) {
			place = same_place(encoder->block_kinds[other], kind) ? other : place;
		}
		if (place == i) {
			hash_table_put(&table, hash, i);
		}
		paths->places[i] = filter_is_place(kind->module) ? place : NOT_THERE;
	}
	return 0;
}

/* ---- paths, shapes, visits ---- */

static struct text text_of_kinds(const uint32_t *kinds, uint32_t count)
{
	return (struct text){.data = (const char *)kinds, .size = count * sizeof(*kinds)};
}

static bool intern_path(struct paths *paths, const struct column_row *row, uint32_t *ret_code)
{
	for (uint32_t i = 0; i < row->call.steps; i++) {
		paths->scratch[i] = paths->local[row->kinds[i]];
	}
	return intern_number(
		&paths->paths, text_of_kinds(paths->scratch, row->call.steps), ret_code);
}

static int ascending(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

/* The kinds of @path, each once. */
static bool intern_shape(struct paths *paths, uint32_t path, uint32_t *ret_code)
{
	struct text text = paths->paths.texts[path];
	uint32_t count = 0;

	for (size_t at = 0; at < text.size; at += sizeof(uint32_t)) {
		uint32_t kind;

		memcpy(&kind, text.data + at, sizeof(kind));
		if (paths->stamps[kind] != path + 1) {
			paths->stamps[kind] = path + 1;
			paths->scratch[count++] = kind;
		}
	}
	if (count > 0) {
		qsort(paths->scratch, count, sizeof(*paths->scratch), ascending);
	}
	return intern_number(&paths->shapes, text_of_kinds(paths->scratch, count), ret_code);
}

static bool intern_visits(struct paths *paths, uint32_t path, uint32_t *ret_code)
{
	struct text text = paths->paths.texts[path];
	uint32_t count = 0;

	for (size_t at = 0; at < text.size; at += sizeof(uint32_t)) {
		uint32_t kind;

		memcpy(&kind, text.data + at, sizeof(kind));
		kind = paths->places[kind];
		if (kind != NOT_THERE && (count == 0 || paths->scratch[count - 1] != kind)) {
			paths->scratch[count++] = kind;
		}
	}
	return intern_number(&paths->visits, text_of_kinds(paths->scratch, count), ret_code);
}

static int intern_paths(struct paths *paths, struct error *err)
{
	struct column_encoder *encoder = paths->encoder;
	uint32_t longest = 0;

	for (uint32_t i = 0; i < encoder->count; i++) {
		uint32_t steps = encoder->rows[i].call.steps;

		longest = steps > longest ? steps : longest;
	}
	paths->scratch = arena_calloc(&encoder->arena, longest, sizeof(*paths->scratch));
	paths->codes = arena_calloc(&encoder->arena, encoder->count, sizeof(*paths->codes));
	paths->calls = arena_calloc(&encoder->arena, encoder->count, sizeof(*paths->calls));
	paths->stamps =
		arena_calloc(&encoder->arena, encoder->block_kinds_count, sizeof(*paths->stamps));
	paths->visit_of = arena_calloc(&encoder->arena, encoder->count, sizeof(*paths->visit_of));
	if (!paths->scratch || !paths->codes || !paths->calls || !paths->stamps ||
		!paths->visit_of) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; i < encoder->count; i++) {
		if (!intern_path(paths, &encoder->rows[i], &paths->codes[i])) {
			return error_no_memory(err);
		}
		paths->calls[paths->codes[i]]++;
	}
	return 0;
}

/* ---- writing ---- */

static void put_sequences(const struct intern *sequences, struct buffer *out)
{
	column_put(out, sequences->count, 4);
	for (uint32_t i = 0; i < sequences->count; i++) {
		column_sequence_put(out, sequences->texts[i]);
	}
}

static int write_info(struct paths *paths, struct error *err)
{
	struct buffer *out = &paths->encoder->columns[COLUMN_PATH_INFO];
	AUTO(buffer_deinit) struct buffer shapes, visits;
	size_t longest = 0;
	uint32_t width;

	buffer_init(&shapes, SIZE_MAX);
	buffer_init(&visits, SIZE_MAX);
	for (uint32_t i = 0; i < paths->paths.count; i++) {
		size_t steps = paths->paths.texts[i].size / sizeof(uint32_t);
		uint32_t shape = 0, visit = 0;

		longest = steps > longest ? steps : longest;
		shapes.failed |= !intern_shape(paths, i, &shape);
		visits.failed |= !intern_visits(paths, i, &visit);
		paths->visit_of[i] = visit;
		column_put(&shapes, shape, 2);
		column_put(&visits, visit, 2);
	}
	width = longest > UINT16_MAX ? 4 : 2;
	column_put(out, paths->paths.count, 4);
	column_put(out, width, 1);
	for (uint32_t i = 0; i < paths->paths.count; i++) {
		column_put(out, paths->paths.texts[i].size / sizeof(uint32_t), width);
	}
	buffer_append(out, buffer_text(&shapes));
	buffer_append(out, buffer_text(&visits));
	out->failed |= shapes.failed || visits.failed;
	return out->failed ? error_no_memory(err) : 0;
}

static void write_paths(const struct paths *paths)
{
	struct buffer *columns = paths->encoder->columns;
	uint32_t width = paths->paths.count > 256 ? 2 : 1;

	column_put(&columns[COLUMN_PATH], width, 1);
	for (uint32_t i = 0; i < paths->encoder->count; i++) {
		column_put(&columns[COLUMN_PATH], paths->codes[i], width);
	}
	for (uint32_t i = 0; i < paths->paths.count; i++) {
		column_put_varint(&columns[COLUMN_PATH_CALLS], paths->calls[i]);
	}
	put_sequences(&paths->paths, &columns[COLUMN_PATHS]);
	put_sequences(&paths->shapes, &columns[COLUMN_SHAPES]);
	put_sequences(&paths->visits, &columns[COLUMN_VISITS]);
}

/* Tells the encoder what visits its calls have. */
static int tell_visits(const struct paths *paths, struct error *err)
{
	struct column_encoder *encoder = paths->encoder;
	uint32_t *codes = arena_calloc(&encoder->arena, encoder->count, sizeof(*codes));
	uint32_t *counts = arena_calloc(&encoder->arena, paths->visits.count, sizeof(*counts));

	if (!codes || !counts) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; i < encoder->count; i++) {
		codes[i] = paths->visit_of[paths->codes[i]];
	}
	for (uint32_t i = 0; i < paths->visits.count; i++) {
		counts[i] = (uint32_t)(paths->visits.texts[i].size / sizeof(uint32_t));
	}
	encoder->visit_codes = codes;
	encoder->visit_counts = counts;
	encoder->sequences = paths->visits.count;
	return 0;
}

int column_encode_paths(struct column_encoder *encoder, struct error *err)
{
	struct paths paths = {.encoder = encoder};

	intern_init(&paths.paths, &encoder->arena);
	intern_init(&paths.shapes, &encoder->arena);
	intern_init(&paths.visits, &encoder->arena);
	if (find_kinds(&paths, err) < 0 || find_places(&paths, err) < 0 ||
		intern_paths(&paths, err) < 0 || write_info(&paths, err) < 0) {
		return -1;
	}
	write_paths(&paths);
	return tell_visits(&paths, err);
}
