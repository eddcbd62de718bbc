/* SPDX-License-Identifier: MIT
 * Lists: each item holds its links, so that putting it in and taking it out allocates nothing and
 * searches for nothing. An item is in as many lists as it has links for. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct list_link {
	struct list_link *before;
	struct list_link *next;
};

/* All zero: empty. */
struct list {
	struct list_link *first;
	struct list_link *last;
};

/* The struct @type whose @member is at @pointer; NULL where that is NULL. */
#define CONTAINER_OF(pointer, type, member) ((type *)list_item((pointer), offsetof(type, member)))

static inline void *list_item(const void *member, size_t offset)
{
	return member ? (void *)((uintptr_t)member - offset) : NULL;
}

/* Walks @list, whose items are of @type and linked by @member; @at is the item. The body may take
 * @at out and free it.
 *
 *   LIST_EACH(struct permit, at, &permits->list, link) {
 *           at->old = true;
 *   } */
#define LIST_EACH(type, at, list, member)                                                          \
	for (type *at = CONTAINER_OF((list)->first, type, member), *at##_next;                     \
		at && ((at##_next = CONTAINER_OF(at->member.next, type, member)), true);           \
		at = at##_next)

/* Puts @link, which is in no list, before @next, which is in @list; NULL: behind all others. */
static inline void list_insert(struct list *list, struct list_link *link, struct list_link *next)
{
	struct list_link *before = next ? next->before : list->last;

	*link = (struct list_link){.before = before, .next = next};
	*(before ? &before->next : &list->first) = link;
	*(next ? &next->before : &list->last) = link;
}

static inline void list_append(struct list *list, struct list_link *link)
{
	list_insert(list, link, NULL);
}

static inline void list_prepend(struct list *list, struct list_link *link)
{
	list_insert(list, link, list->first);
}

/* Takes @link, which is in @list, out of it. */
static inline void list_remove(struct list *list, struct list_link *link)
{
	*(link->before ? &link->before->next : &list->first) = link->next;
	*(link->next ? &link->next->before : &list->last) = link->before;
}

/* Takes the first item out of @list; NULL when it is empty. */
#define LIST_TAKE(list, type, member) CONTAINER_OF(list_take(list), type, member)

static inline struct list_link *list_take(struct list *list)
{
	struct list_link *first = list->first;

	if (first) {
		list_remove(list, first);
	}
	return first;
}

#endif
