/* SPDX-License-Identifier: MIT
 * Calls whose columns all differ, and sealing them. */
#include "sealing.h"

#include "answers.h"

#define T MIDNIGHT

bool seal_all(struct fixture *f)
{
	struct store_sealed sealed;
	struct error err = {0};
	bool damaged = false;
	int more, steps = 0;

	do {
		more = store_seal(f->store, &sealed, &err);
		if (more < 0 || ++steps > 1000) {
			fail_msg("step %d: %s", steps, err.message);
		}
		damaged |= sealed.damaged;
	} while (more > 0);
	return damaged;
}

struct store_put make_put(struct fixture *f, int number, int64_t start)
{
	static const char *const modules[] = {"menu", "queue", "digits"};
	const struct step_of steps[] = {
		{"info", modules[number % 3], "main", number % 4 ? "one" : "No input"},
		{number % 5 ? "info" : "error", modules[number % 2], "pin",
			number % 6 ? "two" : "Invalid input"}};
	char session[24], dest[24];
	struct store_put put;

	snprintf(session, sizeof(session), "s%05d", number);
	snprintf(dest, sizeof(dest), "61771230%02d", number % 7);
	put = put_of_steps(f, session, start, steps, 2);
	put.call.dest = arena_copy(&f->arena, text_of(dest));
	put.call.end = start + number % 90;
	put.call.type = (enum call_type)(number % 3);
	put.call.outcome = (enum call_outcome)(number % 7);
	put.call.ended_by = (enum call_ended_by)(number % 4);
	put.call.answered = number % 5 ? 0 : start + number % 20;
	put.call.talk = number % 5 ? 0 : number % 50;
	put.call.told = CALL_TOLD_OUTCOME | CALL_TOLD_ENDED_BY | CALL_TOLD_ANSWERED |
			(number % 3 ? CALL_TOLD_TALK : 0);
	repack(f, &put, steps, 2);
	return put;
}

void put_one(struct fixture *f, int number, int64_t start)
{
	struct store_put put = make_put(f, number, start);

	put_all(f, &put, 1);
}

void put_many(struct fixture *f, int from, int count)
{
	struct store_put *puts = arena_calloc(&f->arena, (size_t)count, sizeof(*puts));

	assert_non_null(puts);
	for (int i = 0; i < count; i++) {
		puts[i] = make_put(f, from + i, T + (from + i) * 10);
	}
	put_all(f, puts, (size_t)count);
}

void expect_answers(struct fixture *f, struct text wanted, const char *when)
{
	struct text found = answers_of(f);

	if (!text_equal(found, wanted)) {
		fail_msg("%s:\n%.*s\nnot\n%.*s", when, TEXT_ARG(found), TEXT_ARG(wanted));
	}
}
