/* SPDX-License-Identifier: MIT
 * What the store's tests share. */
#include "fixture.h"

#include <ftw.h>
#include <unistd.h>

#include "call/call_json.h"
#include "call/call_outcome.h"
#include "reference.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

void folder_make(char folder[128])
{
	const char *base = getenv("TMPDIR");

	snprintf(folder, 128, "%s/callstep-store-XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(folder));
}

void folder_remove(const char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* What stands behind the name of the backend. */
static bool block_calls_of(const char *backend, int64_t *ret_calls)
{
	const char *number = backend + strcspn(backend, "0123456789");

	return *number && text_to_int64(text_of(number), ret_calls);
}

void fixture_open(struct fixture *fixture, const char *backend)
{
	struct error err = {0};
	char location[256] = "";

	struct store_options options = {0};

	*fixture = (struct fixture){
		.packer = packer_create(), .seals = block_calls_of(backend, &options.block_calls)};
	arena_init(&fixture->arena, SIZE_MAX);
	if (strcmp(backend, "sqlite") == 0 || strncmp(backend, "blocks", 6) == 0) {
		folder_make(fixture->folder);
		snprintf(location, sizeof(location), "%s", fixture->folder);
	} else if (strncmp(backend, "postgres", 8) == 0) {
		postgres_schema_make(fixture->schema);
		postgres_location(fixture->schema, location);
	}
	if ((location[0] ? store_open(&fixture->store, location, &options, &err)
			 : reference_open(&fixture->store, &err)) < 0 ||
		store_account_add(
			fixture->store, TEXT("one@example.com"), 1, &fixture->account, &err) < 0 ||
		store_account_add(
			fixture->store, TEXT("two@example.com"), 2, &fixture->other, &err) < 0) {
		fail_msg("%s", err.message);
	}
}

void fixture_close(struct fixture *fixture)
{
	store_close(fixture->store);
	packer_destroy(fixture->packer);
	arena_deinit(&fixture->arena);
	if (fixture->folder[0]) {
		folder_remove(fixture->folder);
	}
	if (fixture->schema[0]) {
		postgres_schema_drop(fixture->schema);
	}
}

int fixture_new(void **state, const char *backend)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture_open(fixture, backend);
	*state = fixture;
	return 0;
}

int fixture_set_up(void **state)
{
	return fixture_new(state, getenv("CALLSTEP_TEST_BACKEND"));
}

int fixture_tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

int fixture_tear_down_sound(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(problems_of(fixture->store), 0);
	return fixture_tear_down(state);
}

static void write_step(
	struct buffer *detail, const struct step_of *spec, int64_t timestamp, struct arena *arena)
{
	struct call_step step = {
		.line = text_of(spec->line),
		.class_name = text_of(spec->class_name),
		.timestamp = timestamp,
	};

	if (spec->module) {
		step.data =
			arena_printf(arena, "{\"module_type\":\"%s\",\"result_variable\":\"%s\"}",
				spec->module, spec->variable);
	}
	call_json_write_step(detail, &step);
}

/* @count of @steps, or as many as the call has of the first. */
static void pack(
	struct fixture *fixture, struct store_put *put, const struct step_of *steps, size_t count)
{
	AUTO(buffer_deinit) struct buffer detail, json, out;
	struct error err = {0};

	buffer_init(&detail, SIZE_MAX);
	buffer_init(&json, SIZE_MAX);
	buffer_init(&out, SIZE_MAX);
	buffer_append_byte(&detail, '[');
	for (uint32_t i = 0; i < put->call.steps; i++) {
		buffer_append(&detail, i > 0 ? TEXT(",") : TEXT(""));
		write_step(&detail, &steps[i < count ? i : 0], put->call.start + (i * i),
			&fixture->arena);
	}
	buffer_append_byte(&detail, ']');
	call_json_write(&json, &put->call, buffer_text(&detail));
	if (call_outcome_find(&put->call, buffer_text(&detail), &err) < 0) {
		fail_msg("%s", err.message);
	}
	if (packer_pack(fixture->packer, buffer_text(&json), &out, &put->packed, &err) < 0) {
		fail_msg("%s", err.message);
	}
	put->packed.deflate = arena_copy(&fixture->arena, put->packed.deflate);
}

void repack(
	struct fixture *fixture, struct store_put *put, const struct step_of *steps, size_t count)
{
	pack(fixture, put, steps, count);
}

struct store_put put_of(struct fixture *fixture, const char *session_id, const char *dest,
	int64_t start, int steps, const char *word)
{
	struct store_put put = {
		.account_id = fixture->account,
		.call =
			{
				.dest = arena_copy(&fixture->arena, text_of(dest)),
				.src = TEXT("9785551234"),
				.session_id = arena_copy(&fixture->arena, text_of(session_id)),
				.start = start,
				.end = start + 60,
				.type = CALL_INBOUND,
				.has_detail = steps >= 0,
				.steps = steps > 0 ? (uint32_t)steps : 0,
			},
	};

	if (steps >= 0) {
		struct step_of step = {"info", "Menu", "M", word};

		pack(fixture, &put, &step, 1);
	}
	return put;
}

struct store_put put_of_steps(struct fixture *fixture, const char *session_id, int64_t start,
	const struct step_of *steps, size_t count)
{
	struct store_put put = put_of(fixture, session_id, "6177123001", start, -1, "");

	put.call.has_detail = true;
	put.call.steps = (uint32_t)count;
	pack(fixture, &put, steps, count);
	return put;
}

void seal_some(struct fixture *fixture)
{
	static const int steps[] = {0, 1, 2, 1, 3, 0, 50};
	struct store_sealed sealed;
	struct error err = {0};
	int more = fixture->seals;

	for (int left = steps[fixture->sealed++ % COUNT_OF(steps)]; more > 0 && left > 0; left--) {
		more = store_seal(fixture->store, &sealed, &err);
		if (more < 0 || sealed.damaged) {
			fail_msg("%s", more < 0 ? err.message : sealed.damage.message);
		}
	}
}

void put_all(struct fixture *fixture, struct store_put *puts, size_t count)
{
	struct error err = {0};

	if (store_put_calls(fixture->store, puts, count, &err) < 0) {
		fail_msg("%s", err.message);
	}
	seal_some(fixture);
}

struct store_query query_all(const struct fixture *fixture)
{
	return (struct store_query){
		.account_id = fixture->account,
		.end = INT64_MAX,
		.limit = 10000,
		.detail_after = -1,
	};
}

struct store_page page_of(struct fixture *fixture, const struct store_query *query)
{
	struct store_page page;
	struct error err = {0};

	if (store_page(fixture->store, query, &fixture->arena, &page, &err) < 0) {
		fail_msg("%s", err.message);
	}
	return page;
}

struct text json_of(struct fixture *fixture, const struct packed *packed)
{
	AUTO(unpacker_destroyp) struct unpacker *unpacker = unpacker_create();
	char *json = arena_alloc(&fixture->arena, packed->size);
	struct error err = {0};

	if (unpacker_unpack(unpacker, packed, json, &err) < 0) {
		fail_msg("%s", err.message);
	}
	return (struct text){.data = json, .size = packed->size};
}

int64_t drop_old(struct fixture *fixture, int64_t up_to, int64_t limit, bool whole)
{
	const struct store_drop drop = {
		.account_id = fixture->account,
		.up_to = up_to,
		.limit = limit,
		.whole = whole,
	};
	struct error err = {0};
	int64_t dropped;

	if (store_drop(fixture->store, &drop, &dropped, &err) < 0) {
		fail_msg("%s", err.message);
	}
	return dropped;
}

static void print_problem(void *context, const char *sentence)
{
	(void)context;
	print_message("problem: %s\n", sentence);
}

int64_t problems_of(struct store *store)
{
	struct store_verdict verdict;
	struct error err = {0};

	if (store_verify(store, print_problem, NULL, NULL, &verdict, &err) < 0) {
		fail_msg("%s", err.message);
	}
	return verdict.problems;
}
