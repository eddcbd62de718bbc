/* SPDX-License-Identifier: MIT
 * What both stores have to do alike with hooks. Given the backend's name. */
#include "fixture.h"

#include <string.h>

#include "store/hooks.h"

#define NOW MIDNIGHT

static struct store_hook hook_of(const struct fixture *f, const char *name)
{
	struct store_hook hook = {
		.account_id = f->account,
		.name = text_of(name),
		.url = TEXT("https://example.org/calls"),
		.filter = TEXT("class=error"),
		.event = STORE_HOOK_THRESHOLD,
		.more_than = 20,
		.window_s = 300,
		.times = 3,
		.created = NOW,
		.course = {.place = 7},
	};

	memset(hook.secret, 0xa5, sizeof(hook.secret));
	return hook;
}

static int64_t add(struct fixture *f, struct store_hook *hook)
{
	assert_int_equal(store_hook_add(f->store, hook, &hook->id, NULL), 1);
	return hook->id;
}

/* The only one. */
static struct store_hook found(struct fixture *f, int64_t account, int64_t id)
{
	struct store_hook *hooks;
	size_t count;

	assert_int_equal(
		store_hook_list(f->store, account, id, &f->arena, &hooks, &count, NULL), 0);
	assert_int_equal(count, 1);
	return hooks[0];
}

static size_t hooks_of(struct fixture *f, int64_t account)
{
	struct store_hook *hooks;
	size_t count;

	assert_int_equal(store_hook_list(f->store, account, 0, &f->arena, &hooks, &count, NULL), 0);
	return count;
}

static void note(struct fixture *f, int64_t id, struct store_hook_note *note)
{
	static const struct store_hook_course course = {.place = 9, .last_error = {"", 0}};

	note->account_id = f->account;
	note->hook_id = id;
	note->course = note->course ? note->course : &course;
	assert_int_equal(store_hook_note(f->store, note, NULL), 0);
}

static void refuse(struct fixture *f, int64_t id, const char *session, int64_t change_id)
{
	const struct store_hook_failure failure = {
		.session_id = text_of(session),
		.kind = 1,
		.change_id = change_id,
		.first_step = -1,
		.time = NOW,
		.tries = 4,
		.status = 422,
		.error = TEXT("its receiver answered 422"),
	};
	struct store_hook_note failed = {.failure = &failure};

	note(f, id, &failed);
}

static size_t failures_of(struct fixture *f, int64_t account, int64_t id, bool due,
	struct store_hook_failure **ret_failures)
{
	size_t count;

	assert_int_equal(store_hook_failures(f->store, account, id, 0, 10000, due, &f->arena,
				 ret_failures, &count, NULL),
		0);
	return count;
}

static void put(struct fixture *f, const char *session)
{
	struct store_put put = put_of(f, session, "3001", NOW, 2, "word");

	put_all(f, &put, 1);
}

static void a_hook_is_kept_as_it_was_given(void **state)
{
	struct fixture *f = *state;
	struct store_hook hook = hook_of(f, "desk"), kept;

	add(f, &hook);
	kept = found(f, f->account, hook.id);
	assert_true(text_equal(kept.name, hook.name) && text_equal(kept.url, hook.url));
	assert_true(text_equal(kept.filter, hook.filter));
	assert_int_equal(kept.event, STORE_HOOK_THRESHOLD);
	assert_int_equal(kept.more_than, 20);
	assert_int_equal(kept.window_s, 300);
	assert_int_equal(kept.times, 3);
	assert_memory_equal(kept.secret, hook.secret, sizeof(hook.secret));
	assert_int_equal(kept.state, STORE_HOOK_ON);
	assert_int_equal(kept.created, NOW);
	assert_int_equal(kept.version, 1);
	assert_int_equal(kept.course.place, 7);
	assert_int_equal(kept.course.told + kept.course.tries + kept.course.next, 0);
	assert_int_equal(kept.course.last_error.size, 0);
	assert_int_equal(kept.failures + kept.due + kept.test, 0);
	assert_int_equal(kept.kept.detail, 31);
}

static void an_account_has_its_own_hooks_and_so_many(void **state)
{
	struct fixture *f = *state;
	struct store_hook hook = hook_of(f, "one"), stranger = hook_of(f, "two");
	struct error err;

	for (int i = 0; i < STORE_HOOKS_MAX; i++) {
		add(f, &hook);
	}
	assert_int_equal(store_hook_add(f->store, &hook, &hook.id, &err), 0);
	assert_int_equal(hooks_of(f, f->account), STORE_HOOKS_MAX);
	assert_int_equal(hooks_of(f, f->other), 0);
	stranger.account_id = f->other;
	add(f, &stranger);
	assert_int_equal(hooks_of(f, 0), STORE_HOOKS_MAX + 1);
	assert_int_equal(store_account_set_disabled(f->store, f->account, NOW, &err), 1);
	assert_int_equal(hooks_of(f, 0), 1);
	stranger.account_id = 999;
	assert_int_equal(store_hook_add(f->store, &stranger, &stranger.id, &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
}

static void a_change_sets_a_hook_free_and_keeps_its_place(void **state)
{
	struct fixture *f = *state;
	struct store_hook hook = hook_of(f, "desk"), kept;
	const struct store_hook_course course = {.place = 12,
		.told = 5,
		.tries = 3,
		.failing = NOW,
		.next = NOW + 60,
		.last_time = NOW,
		.last_status = 500,
		.last_error = TEXT("its receiver answered 500"),
		.reached = NOW};
	struct store_hook_note paused = {.course = &course, .state = STORE_HOOK_PAUSED};

	add(f, &hook);
	note(f, hook.id, &paused);
	kept = found(f, f->account, hook.id);
	assert_int_equal(kept.state, STORE_HOOK_PAUSED);
	assert_int_equal(kept.course.next, NOW + 60);
	assert_int_equal(kept.course.last_status, 500);
	assert_true(text_equal(kept.course.last_error, course.last_error));
	kept.state = STORE_HOOK_ON;
	kept.name = TEXT("other");
	assert_int_equal(store_hook_change(f->store, &kept, NULL), 1);
	kept = found(f, f->account, hook.id);
	assert_true(text_equal(kept.name, TEXT("other")));
	assert_int_equal(kept.version, 2);
	assert_int_equal(kept.course.place, 12);
	assert_int_equal(kept.course.told, 5);
	assert_int_equal(kept.course.tries + kept.course.failing + kept.course.next, 0);
	kept.account_id = f->other;
	assert_int_equal(store_hook_change(f->store, &kept, NULL), 0);
}

/* What the server that sends says of a hook that was turned off meanwhile leaves it off. */
static void a_note_does_not_turn_a_hook_on(void **state)
{
	struct fixture *f = *state;
	struct store_hook hook = hook_of(f, "desk");
	struct store_hook_note going = {.state = STORE_HOOK_ON};

	add(f, &hook);
	hook.state = STORE_HOOK_OFF;
	assert_int_equal(store_hook_change(f->store, &hook, NULL), 1);
	note(f, hook.id, &going);
	assert_int_equal(found(f, f->account, hook.id).state, STORE_HOOK_OFF);
}

static void a_test_waits_until_it_was_sent(void **state)
{
	struct fixture *f = *state;
	struct store_hook hook = hook_of(f, "desk");
	struct store_hook_note earlier = {.test = NOW}, sent = {.test = NOW + 1};

	add(f, &hook);
	assert_int_equal(store_hook_test(f->store, f->other, hook.id, NOW, NULL), 0);
	assert_int_equal(store_hook_test(f->store, f->account, hook.id, NOW + 1, NULL), 1);
	note(f, hook.id, &earlier);
	assert_int_equal(found(f, f->account, hook.id).test, NOW + 1);
	note(f, hook.id, &sent);
	assert_int_equal(found(f, f->account, hook.id).test, 0);
}

static void failures_are_listed_sent_again_and_leave(void **state)
{
	struct fixture *f = *state;
	struct store_hook hook = hook_of(f, "desk");
	struct store_hook_failure *list, again;
	struct store_hook_note retried = {.failure = &again}, taken = {0};

	add(f, &hook);
	put(f, "a");
	put(f, "b");
	refuse(f, hook.id, "a", 1);
	refuse(f, hook.id, "b", 2);
	refuse(f, hook.id, "unknown", 3);
	assert_int_equal(failures_of(f, f->account, hook.id, false, &list), 2);
	assert_true(text_equal(list[1].session_id, TEXT("b")));
	assert_int_equal(list[1].change_id, 2);
	assert_int_equal(list[1].tries, 4);
	assert_int_equal(list[1].status, 422);
	assert_int_equal(list[1].first_step, -1);
	assert_int_equal(failures_of(f, f->other, hook.id, false, &list), 0);
	assert_int_equal(store_hook_resend(f->store, f->other, hook.id, 0, NOW, NULL), 0);
	assert_int_equal(store_hook_resend(f->store, f->account, hook.id, 0, NOW, NULL), 1);
	assert_int_equal(failures_of(f, f->account, hook.id, true, &list), 2);
	assert_int_equal(found(f, f->account, hook.id).due, list[0].id);
	again = list[0];
	again.tries = 5;
	taken.resent = list[1].id;
	note(f, hook.id, &retried);
	note(f, hook.id, &taken);
	assert_int_equal(failures_of(f, f->account, hook.id, true, &list), 0);
	assert_int_equal(failures_of(f, f->account, hook.id, false, &list), 1);
	assert_int_equal(list[0].tries, 5);
	assert_int_equal(found(f, f->account, hook.id).failures, 1);
}

static void the_list_of_failures_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct store_hook hook = hook_of(f, "desk");
	struct store_hook_failure *list;

	add(f, &hook);
	put(f, "a");
	for (int i = 0; i < STORE_HOOK_FAILURES_MAX + 3; i++) {
		refuse(f, hook.id, "a", i);
	}
	assert_int_equal(
		failures_of(f, f->account, hook.id, false, &list), STORE_HOOK_FAILURES_MAX);
	assert_int_equal(list[0].change_id, 3);
}

static void what_was_told_of_a_live_call_is_known(void **state)
{
	struct fixture *f = *state;
	struct store_hook hook = hook_of(f, "desk");
	struct store_hook_note begun = {.begun = TEXT("a"), .begun_steps = 2};
	struct store_hook_note more = {.begun = TEXT("a"), .begun_steps = 5};
	struct store_hook_note over = {.over = TEXT("a")};
	int64_t steps;

	add(f, &hook);
	put(f, "a");
	assert_int_equal(
		store_hook_knows(f->store, f->account, hook.id, TEXT("a"), &steps, NULL), 0);
	note(f, hook.id, &begun);
	note(f, hook.id, &more);
	assert_int_equal(
		store_hook_knows(f->store, f->account, hook.id, TEXT("a"), &steps, NULL), 1);
	assert_int_equal(steps, 5);
	note(f, hook.id, &over);
	assert_int_equal(
		store_hook_knows(f->store, f->account, hook.id, TEXT("a"), &steps, NULL), 0);
}

static void an_erased_call_takes_its_failures_with_it(void **state)
{
	struct fixture *f = *state;
	struct store_hook hook = hook_of(f, "desk");
	const struct store_erase erase = {
		.account_id = f->account, .session_id = TEXT("a"), .limit = 10};
	struct store_hook_note begun = {.begun = TEXT("a")};
	struct store_hook_failure *list;
	struct store_erased erased;
	int64_t steps;

	add(f, &hook);
	put(f, "a");
	put(f, "b");
	refuse(f, hook.id, "a", 1);
	refuse(f, hook.id, "b", 2);
	note(f, hook.id, &begun);
	assert_int_equal(store_erase(f->store, &erase, &erased, NULL), 0);
	assert_int_equal(erased.calls, 1);
	assert_int_equal(failures_of(f, f->account, hook.id, false, &list), 1);
	assert_true(text_equal(list[0].session_id, TEXT("b")));
	put(f, "a");
	assert_int_equal(
		store_hook_knows(f->store, f->account, hook.id, TEXT("a"), &steps, NULL), 0);
}

static void a_removed_hook_is_gone_with_its_failures_and_notes_pass_it_over(void **state)
{
	struct fixture *f = *state;
	struct store_hook hook = hook_of(f, "desk"), next = hook_of(f, "next");
	struct store_hook_failure *list;

	add(f, &hook);
	put(f, "a");
	refuse(f, hook.id, "a", 1);
	assert_int_equal(store_hook_remove(f->store, f->other, hook.id, NULL), 0);
	assert_int_equal(store_hook_remove(f->store, f->account, hook.id, NULL), 1);
	assert_int_equal(store_hook_remove(f->store, f->account, hook.id, NULL), 0);
	refuse(f, hook.id, "a", 2);
	assert_int_equal(failures_of(f, f->account, hook.id, false, &list), 0);
	assert_int_equal(hooks_of(f, f->account), 0);
	assert_true(add(f, &next) > hook.id);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down_sound)
	const struct CMUnitTest tests[] = {
		CASE(a_hook_is_kept_as_it_was_given),
		CASE(an_account_has_its_own_hooks_and_so_many),
		CASE(a_change_sets_a_hook_free_and_keeps_its_place),
		CASE(a_note_does_not_turn_a_hook_on),
		CASE(a_test_waits_until_it_was_sent),
		CASE(failures_are_listed_sent_again_and_leave),
		CASE(the_list_of_failures_is_bounded),
		CASE(what_was_told_of_a_live_call_is_known),
		CASE(an_erased_call_takes_its_failures_with_it),
		CASE(a_removed_hook_is_gone_with_its_failures_and_notes_pass_it_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
