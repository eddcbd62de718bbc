/* SPDX-License-Identifier: MIT
 * E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986, §4b: divide and conquer at
 * the middle of a shortest path, in linear space. A point (x, y) means that x numbers of a and y
 * numbers of b are passed; diagonal k holds those with x - y = k. The search from the end is the
 * same as that from the beginning, with both sequences read backwards. */
#include "find/diff_align.h"

/* Where neither search has met the other after so many numbers left out, the one from the beginning
 * is cut where it came furthest. This bounds the time. */
#define COST_MAX    512
#define UNREACHABLE INT32_MIN

/* A stretch of both sequences. */
struct box {
	const uint32_t *a;
	const uint32_t *b;
	int32_t a_count;
	int32_t b_count;
};

struct search {
	const struct box *box;
	int32_t *reach; /* by diagonal, from -b_count - 1 to a_count + 1: the furthest x */
	bool backwards;
};

struct point {
	int32_t x;
	int32_t y;
};

struct task {
	struct diff_align *align;
	struct diff_sequence a;
	struct diff_sequence b;
	void (*pair)(void *context, uint32_t a, uint32_t b);
	void *context;
};

bool diff_align_init(struct diff_align *align, uint32_t count, struct arena *arena)
{
	align->forward = arena_calloc(arena, (size_t)count + 3, sizeof(*align->forward));
	align->backward = arena_calloc(arena, (size_t)count + 3, sizeof(*align->backward));
	return align->forward && align->backward;
}

static bool same(const struct search *search, int32_t x, int32_t y)
{
	const struct box *box = search->box;

	return search->backwards ? box->a[box->a_count - 1 - x] == box->b[box->b_count - 1 - y]
				 : box->a[x] == box->b[y];
}

static int32_t slide(const struct search *search, int32_t x, int32_t k)
{
	const struct box *box = search->box;

	while (x < box->a_count && x - k < box->b_count && same(search, x, x - k)) {
		x++;
	}
	return x;
}

/* Where diagonal @k is entered from its neighbours, the furthest of both ways. */
static int32_t enter(const struct search *search, int32_t k)
{
	int32_t from_a = search->reach[k - 1];
	int32_t from_b = search->reach[k + 1];

	from_a = from_a == UNREACHABLE || from_a == search->box->a_count ? UNREACHABLE : from_a + 1;
	if (from_b != UNREACHABLE && from_b - k > search->box->b_count) {
		from_b = UNREACHABLE;
	}
	return from_a > from_b ? from_a : from_b;
}

static bool has_diagonal(const struct search *search, int32_t k)
{
	return k >= -search->box->b_count && k <= search->box->a_count;
}

/* From what @d - 1 numbers left out reach to what @d do. */
static void advance(struct search *search, int32_t d)
{
	if (d == 0) {
		search->reach[-1] = UNREACHABLE;
		search->reach[1] = UNREACHABLE;
		search->reach[0] = slide(search, 0, 0);
		return;
	}
	for (int32_t side = -1; side <= 1; side += 2) {
		if (has_diagonal(search, side * d)) {
			search->reach[side * (d + 1)] = UNREACHABLE;
		}
	}
	for (int32_t k = -d; k <= d; k += 2) {
		if (has_diagonal(search, k)) {
			int32_t x = enter(search, k);

			search->reach[k] = x == UNREACHABLE ? x : slide(search, x, k);
		}
	}
}

/* Whether @search, after @d, has met @other, after @other_d, on a diagonal; where it came to there.
 */
static bool meets(const struct search *search, int32_t d, const struct search *other,
	int32_t other_d, struct point *ret_point)
{
	const struct box *box = search->box;

	for (int32_t k = -d; k <= d; k += 2) {
		int32_t mirrored = box->a_count - box->b_count - k;
		bool theirs = mirrored >= -other_d && mirrored <= other_d &&
			      (mirrored + other_d) % 2 == 0;

		if (!theirs || !has_diagonal(search, k) || search->reach[k] == UNREACHABLE ||
			other->reach[mirrored] == UNREACHABLE) {
			continue;
		}
		if (search->reach[k] + other->reach[mirrored] >= box->a_count) {
			*ret_point = (struct point){search->reach[k], search->reach[k] - k};
			return true;
		}
	}
	return false;
}

static struct point furthest(const struct search *search, int32_t d)
{
	struct point best = {0, 0};

	for (int32_t k = -d; k <= d; k += 2) {
		int32_t x = has_diagonal(search, k) ? search->reach[k] : UNREACHABLE;

		if (x != UNREACHABLE && x + x - k > best.x + best.y) {
			best = (struct point){x, x - k};
		}
	}
	return best;
}

/* A point that a shortest path leads through, or nearly so, neither of the box's corners. The box
 * has numbers of both, which differ at the beginning and at the end. */
static struct point find_middle(struct diff_align *align, const struct box *box)
{
	int32_t offset = box->b_count + 1;
	struct search forward = {.box = box, .reach = align->forward + offset};
	struct search backward = {.box = box, .reach = align->backward + offset, .backwards = true};
	struct point point;

	for (int32_t d = 0; d <= COST_MAX; d++) {
		advance(&forward, d);
		if (meets(&forward, d, &backward, d - 1, &point)) {
			return point;
		}
		advance(&backward, d);
		if (meets(&backward, d, &forward, d, &point)) {
			return (struct point){box->a_count - point.x, box->b_count - point.y};
		}
	}
	return furthest(&forward, COST_MAX);
}

/* Pairs what is the same at the beginning of @box, and takes it off. */
static void take_beginning(const struct task *task, struct box *box)
{
	while (box->a_count > 0 && box->b_count > 0 && box->a[0] == box->b[0]) {
		task->pair(task->context, (uint32_t)(box->a - task->a.items),
			(uint32_t)(box->b - task->b.items));
		box->a++;
		box->b++;
		box->a_count--;
		box->b_count--;
	}
}

static void take_end(const struct task *task, struct box *box)
{
	while (box->a_count > 0 && box->b_count > 0 &&
		box->a[box->a_count - 1] == box->b[box->b_count - 1]) {
		box->a_count--;
		box->b_count--;
		task->pair(task->context, (uint32_t)(box->a + box->a_count - task->a.items),
			(uint32_t)(box->b + box->b_count - task->b.items));
	}
}

/* Goes into itself for the first part only, which at most COST_MAX numbers left out pass: it gets
 * half as long each time. */
static void align_box(const struct task *task, struct box box)
{
	for (;;) {
		struct point middle;

		take_beginning(task, &box);
		take_end(task, &box);
		if (box.a_count == 0 || box.b_count == 0) {
			return;
		}
		middle = find_middle(task->align, &box);
		align_box(task, (struct box){box.a, box.b, middle.x, middle.y});
		box = (struct box){box.a + middle.x, box.b + middle.y, box.a_count - middle.x,
			box.b_count - middle.y};
	}
}

void diff_align(struct diff_align *align, struct diff_sequence a, struct diff_sequence b,
	void (*pair)(void *context, uint32_t a, uint32_t b), void *context)
{
	struct task task = {.align = align, .a = a, .b = b, .pair = pair, .context = context};

	align_box(&task, (struct box){a.items, b.items, (int32_t)a.count, (int32_t)b.count});
}
