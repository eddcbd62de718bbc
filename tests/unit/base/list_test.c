/* SPDX-License-Identifier: MIT
 * Lists, arrays that grow, and hash tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/list.h"

/* ---- lists ---- */

struct item {
	int number;
	struct list_link link;
	struct list_link other;
};

/* The items of @list as digits, forwards; that it is the same backwards is checked. */
static const char *digits_of(const struct list *list, char digits[16])
{
	size_t size = 0, left;

	LIST_EACH(struct item, at, list, link) {
		digits[size++] = (char)('0' + at->number);
	}
	digits[size] = '\0';
	left = size;
	for (struct list_link *at = list->last; at; at = at->before) {
		assert_int_equal(digits[--left] - '0', CONTAINER_OF(at, struct item, link)->number);
	}
	assert_int_equal(left, 0);
	return digits;
}

static void an_item_goes_in_at_any_place(void **state)
{
	struct item items[5] = {
		{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}};
	struct list list = {0};
	char digits[16];

	(void)state;
	assert_string_equal(digits_of(&list, digits), "");
	list_append(&list, &items[2].link);
	list_append(&list, &items[4].link);
	list_prepend(&list, &items[0].link);
	list_insert(&list, &items[1].link, &items[2].link);
	list_insert(&list, &items[3].link, &items[4].link);
	assert_string_equal(digits_of(&list, digits), "01234");
}

static void an_item_comes_out_of_any_place(void **state)
{
	static const struct {
		int removed;
		const char *left;
	} cases[] = {{0, "1234"}, {4, "0123"}, {2, "0134"}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct item items[5];
		struct list list = {0};
		char digits[16];

		for (int k = 0; k < 5; k++) {
			items[k].number = k;
			list_append(&list, &items[k].link);
		}
		list_remove(&list, &items[cases[i].removed].link);
		assert_string_equal(digits_of(&list, digits), cases[i].left);
	}
}

static void items_are_taken_in_the_order_of_their_coming(void **state)
{
	struct item items[2] = {{.number = 0}, {.number = 1}};
	struct list list = {0};

	(void)state;
	list_append(&list, &items[0].link);
	list_append(&list, &items[1].link);
	assert_ptr_equal(LIST_TAKE(&list, struct item, link), &items[0]);
	assert_ptr_equal(LIST_TAKE(&list, struct item, link), &items[1]);
	assert_null(LIST_TAKE(&list, struct item, link));
	assert_null(list.last);
	list_append(&list, &items[1].link);
	assert_ptr_equal(LIST_TAKE(&list, struct item, link), &items[1]);
}

static void a_walk_may_take_out_what_it_stands_at(void **state)
{
	struct list list = {0}, even = {0};
	char digits[16];

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct item *item = calloc(1, sizeof(*item));

		assert_non_null(item);
		item->number = i;
		list_append(&list, &item->link);
		list_prepend(&even, &item->other);
	}
	LIST_EACH(struct item, at, &list, link) {
		if (at->number % 2 != 0) {
			list_remove(&list, &at->link);
			list_remove(&even, &at->other);
			free(at);
		}
	}
	assert_string_equal(digits_of(&list, digits), "024");
	assert_int_equal(CONTAINER_OF(even.first, struct item, other)->number, 4);
	LIST_EACH(struct item, at, &list, link) {
		free(at);
	}
}

static void a_member_leads_to_its_struct(void **state)
{
	struct item item;

	(void)state;
	assert_ptr_equal(CONTAINER_OF(&item.other, struct item, other), &item);
}

/* ---- arrays ---- */

static void an_array_grows_to_what_is_wanted(void **state)
{
	uint32_t *items = NULL;
	size_t capacity = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		assert_true(ARRAY_RESERVE(items, capacity, (size_t)i + 1));
		assert_true(capacity > i && capacity <= 2 * (size_t)i + 16);
		assert_int_equal(items[i], 0);
		items[i] = i;
	}
	assert_true(ARRAY_RESERVE(items, capacity, 100000));
	assert_int_equal(capacity, 100000);
	assert_int_equal(items[999], 999);
	assert_int_equal(items[99999], 0);
	free(items);
}

static void what_does_not_fit_leaves_the_array_as_it_was(void **state)
{
	uint64_t *items = NULL, *before;
	size_t capacity = 0;

	(void)state;
	assert_true(ARRAY_RESERVE(items, capacity, 1));
	before = items;
	assert_false(ARRAY_RESERVE(items, capacity, SIZE_MAX / 2));
	assert_ptr_equal(items, before);
	assert_int_equal(capacity, 16);
	free(items);
}

/* ---- tables ---- */

#define NUMBERS 5000

struct numbers {
	struct arena arena;
	struct hash_table table;
	uint32_t items[NUMBERS];
	uint32_t count;
};

/* Many have the same hash. */
static uint64_t hash_of(uint32_t number)
{
	return number / 3;
}

static bool add(struct numbers *numbers, uint32_t number)
{
	int emptied =
		hash_table_make_room(&numbers->table, &numbers->arena, (size_t)numbers->count + 1);

	if (emptied < 0) {
		return false;
	}
	for (uint32_t i = 0; emptied > 0 && i < numbers->count; i++) {
		hash_table_put(&numbers->table, hash_of(numbers->items[i]), i);
	}
	numbers->items[numbers->count] = number;
	hash_table_put(&numbers->table, hash_of(number), numbers->count++);
	return true;
}

static bool has(const struct numbers *numbers, uint32_t number)
{
	HASH_TABLE_EACH(place, &numbers->table, hash_of(number)) {
		if (numbers->items[place] == number) {
			return true;
		}
	}
	return false;
}

static void a_table_finds_what_was_put(void **state)
{
	static struct numbers numbers;

	(void)state;
	numbers = (struct numbers){0};
	arena_init(&numbers.arena, 1 << 20);
	assert_false(has(&numbers, 7));
	for (uint32_t i = 0; i < NUMBERS; i++) {
		assert_true(add(&numbers, 7 * i));
		assert_true(numbers.table.size >= 2 * (size_t)numbers.count);
	}
	for (uint32_t i = 0; i < 7 * NUMBERS; i++) {
		assert_int_equal(has(&numbers, i), i % 7 == 0);
	}
	arena_deinit(&numbers.arena);
}

static void a_full_arena_leaves_the_table_as_it_was(void **state)
{
	static struct numbers numbers;
	uint32_t count = 0;

	(void)state;
	numbers = (struct numbers){0};
	arena_init(&numbers.arena, 8192);
	while (add(&numbers, count)) {
		count++;
	}
	assert_true(count >= HASH_TABLE_SIZE_MIN / 2 && count < NUMBERS);
	for (uint32_t i = 0; i < count; i++) {
		assert_true(has(&numbers, i));
	}
	assert_false(has(&numbers, count));
	arena_deinit(&numbers.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_item_goes_in_at_any_place),
		cmocka_unit_test(an_item_comes_out_of_any_place),
		cmocka_unit_test(items_are_taken_in_the_order_of_their_coming),
		cmocka_unit_test(a_walk_may_take_out_what_it_stands_at),
		cmocka_unit_test(a_member_leads_to_its_struct),
		cmocka_unit_test(an_array_grows_to_what_is_wanted),
		cmocka_unit_test(what_does_not_fit_leaves_the_array_as_it_was),
		cmocka_unit_test(a_table_finds_what_was_put),
		cmocka_unit_test(a_full_arena_leaves_the_table_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
